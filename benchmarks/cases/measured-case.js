import { measure } from '../measure.js'
import { TARGETED } from '../targets.js'

/**
 * How often to measure what a target compares, where the kernel or Node's own server is most of the cost of each: they lie closer together than rounds of one
 * of them on a machine with other work. Undefined, as often as all, where no target does.
 */
export function roundsOfCompared (id, rounds = 7) {
  return TARGETED.has(id) ? rounds : undefined
}

/** A case that is a server and a load. `job` is made of the context: it may hold a token of this run. */
export function measuredCase ({ id, group, role, name, server, load, job, rounds, unit = 'answers/s' }) {
  return {
    id,
    rounds,
    group,
    name,
    role,
    unit,
    run: async (context) => {
      const { perSecond, ...extra } = await measure({ server, load, job: job(context) }, context)
      context.note(extra)
      return perSecond
    }
  }
}
