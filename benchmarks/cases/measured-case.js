import { measure } from '../measure.js'
import { TARGETED } from '../targets.js'

/** Where the kernel or Node's own server is most of the cost of each, they lie closer together than rounds of one of them on a machine with other work. */
const ROUNDS_OF_COMPARED = 7

/** How often to measure what lies so close to what it is compared with; undefined, as often as the others, where nothing is. */
export function roundsOfCompared (id) {
  return TARGETED.has(id) ? ROUNDS_OF_COMPARED : undefined
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
