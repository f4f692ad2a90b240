import { measure, measureByTurns } from '../measure.js'
import { Shared } from '../state/shared.js'
import { TARGETED } from '../targets.js'

/** A case that is a server and a load. `job` is made of the context: it may hold a token of this run. */
export function measuredCase ({ server, load, job, ...about }) {
  return caseOf(about, (context) => measure({ server, load, job: job(context) }, context))
}

/**
 * The cases of a group, those that a target compares measured by turns: where the kernel or Node's own server is most of the cost of each, they lie closer
 * together than two measurements of one of them do on a machine with other work.
 */
export function casesByTurns (group) {
  const compared = group.filter(({ id }) => TARGETED.has(id))
  const turns = new Shared((context) => measureByTurns(compared.map(({ server, load, job }) => ({ server, load, job: job(context) })), context))
  return group.map((one) => {
    const index = compared.indexOf(one)
    if (index < 0) return measuredCase(one)
    const { server: _server, load: _load, job: _job, ...about } = one
    return caseOf(about, async (context) => (await turns.ask(one.id, context))[index])
  })
}

/** @param measured resolves with what `measure` returns */
function caseOf ({ id, group, role, name, rounds, unit = 'answers/s' }, measured) {
  return {
    id,
    rounds,
    group,
    name,
    role,
    unit,
    run: async (context) => {
      const { perSecond, ...extra } = await measured(context)
      context.note(extra)
      return perSecond
    }
  }
}
