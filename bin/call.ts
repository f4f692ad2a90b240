import type { MseClient } from '../lib/client/index.ts'
import { createClient } from '../lib/client/node.ts'
import { type NotificationContract, defineNotification } from '../lib/protocol/contract.ts'
import { systemClock } from '../lib/util/clock.ts'
import { type CallSettings, callSettings } from './call-settings.ts'
import { explain } from './explain.ts'
import { Failure } from './failure.ts'
import { jsonLine, pretty } from './printable.ts'
import type { Terminal } from './terminal.ts'

/** Whatever the server calls it: it alone knows what it takes and gives. */
const ANYTHING = defineNotification({ name: 'anything' })

/**
 * Calls one method in a session of its own, and prints the result.
 *
 * @throws UsageError when the command line is wrong
 * @throws Failure when the server answers with an error, or not at all
 */
export async function call (argv: readonly string[], env: NodeJS.ProcessEnv, terminal: Terminal): Promise<void> {
  const settings = await callSettings(argv, env, terminal)
  const { url, token, transports, isNotification } = settings
  const client = createClient({ url, transports, getToken: () => token, callTimeoutMs: 0 })
  try {
    const result = await Promise.race([converse(client, settings), trouble(client, settings)])
    if (!isNotification) terminal.print(terminal.isInteractive ? pretty(result) : jsonLine(result))
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(explain(error))
  } finally {
    await client.close()
  }
}

async function converse (client: MseClient, { method, params, startsFirst, isNotification }: CallSettings): Promise<unknown> {
  const contract: NotificationContract = { ...ANYTHING, name: method }
  if (startsFirst) await client.call('start')
  if (!isNotification) return await client.call(contract, params)
  client.notify(contract, params)
  // Nobody answers a notification; what comes after it is answered when it has been taken.
  return await client.call('ping')
}

/** Rejects when the server cannot be reached at all, or the time is over. Once there has been a session, the client comes back by itself. */
function trouble (client: MseClient, { url, timeoutSeconds }: CallSettings): Promise<never> {
  return new Promise((_resolve, reject) => {
    let last = ''
    let hasOpened = false
    client.on('state', ({ state, failure, retryInMs }) => {
      hasOpened ||= state === 'open'
      last = failure === undefined ? '' : `: ${explain(failure)}`
      if (!hasOpened && retryInMs !== undefined) reject(new Failure(`no connection to ${url}${last}`))
    })
    systemClock.after(timeoutSeconds * 1_000, () => reject(new Failure(`no answer in ${timeoutSeconds} s${last}`)))
  })
}
