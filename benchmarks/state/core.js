// Ours without sockets: what a message costs between the link's text and the text of its answer.
import { CORES, Child } from './processes.js'
import { Shared } from './shared.js'

/** A semi-space in MB that no stretch fills, so that nothing is collected while bytes are counted; and garbage is collected on the one core. */
const FLAGS = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128', '--single-threaded-gc']

/** How one subject answers: calls per second of CPU, and bytes allocated for each. */
async function measureCore (key, context) {
  const child = new Child('core-process.js', { core: CORES.server, settings: { key, quick: context?.quick === true }, flags: FLAGS })
  try {
    return { calls: await child.ask('calls'), bytes: await child.ask('bytes') }
  } finally {
    await child.stop()
  }
}

const SUBJECTS = [
  { key: 'json', role: 'limit', name: 'JSON.parse and JSON.stringify alone' },
  { key: 'json-rpc-2.0', role: 'peer', name: 'json-rpc-2.0' },
  { key: 'jayson', role: 'peer', name: 'jayson' },
  { key: 'ping', role: 'ours', name: 'ping' },
  { key: 'add', role: 'ours', name: 'authenticated, with a schema' },
  { key: 'notification', role: 'ours', name: 'notification' }
]

export const coreCases = SUBJECTS.flatMap(({ key, role, name }) => {
  const shared = new Shared((context) => measureCore(key, context))
  const of = (what, group, unit, higherIsBetter) => ({
    id: `core-${key}-${what}`, group, name, role, unit, higherIsBetter, run: async (context) => (await shared.ask(what, context))[what]
  })
  return [of('calls', 'core', 'calls per second of CPU', true), of('bytes', 'core-bytes', 'bytes per call', false)]
})
