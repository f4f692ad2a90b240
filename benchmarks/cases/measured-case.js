import { measure } from '../measure.js'

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
