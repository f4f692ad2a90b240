/** Closes clients in every state, and says what keeps the process alive after each: nothing may. Ends by itself, or never. */
import { TRANSPORTS } from './sdk-world.ts'
import { STATES } from './closing-states.ts'
import { makeToken } from '../helpers/tokens.ts'
import { createClient } from '../../lib/client/node.ts'

const [, , url = '', muteUrl = ''] = process.argv
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

async function left (): Promise<string[]> {
  // What was destroyed is gone in the next turns.
  for (let turns = 0; turns < 5; turns++) await turn()
  return process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap')
}

for (const transport of TRANSPORTS) {
  for (const [state, make] of Object.entries(STATES)) {
    const client = await make({ url, muteUrl }, transport)
    await Promise.all([client.close(), client.close()])
    await client.close()
    console.log(JSON.stringify({ case: `${state} by ${transport}`, state: client.state, left: await left() }))
  }
  {
    await using client = createClient({ url, transports: [transport], getToken: () => makeToken() })
    await client.call('ping')
  }
  console.log(JSON.stringify({ case: `await using by ${transport}`, state: 'closed', left: await left() }))
}
