/** docs/deployment.md: what it shows compiles and does what it says, and its numbers are those of the code. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { HTTP_TIMES, MAX_SOCKETS, MAX_SOCKETS_PER_NETWORK } from '../../bin/serve-app.ts'
import { DEFAULT_LIMITS } from '../../lib/core/limits.ts'
import { DEFAULT_CONNECTION_LIMITS } from '../../plugins/options.ts'
import { blocksOf, compile } from './typescript-blocks.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'deployment.md'), 'utf8')

/** The row of the table that starts so, with plain numbers. */
const row = (start: string): string => (page.split('\n').find((line) => line.startsWith(`| ${start} |`)) ?? '').replace(/(?<=\d) (?=\d{3})/g, '')

t.test('the app that the page shows compiles, and sets what mse serve sets', async (t) => {
  const blocks = blocksOf(page)
  t.equal(blocks.length, 1)
  t.strictSame(compile(blocks).faults, [])
  const numbers = Object.fromEntries([...(blocks[0] ?? '').matchAll(/(\w+)(?:: | = )([\d_]+)/g)].map(([, name, value]) => [name, Number(value?.replaceAll('_', ''))]))
  const { requestTimeout, http: { headersTimeout, connectionsCheckingInterval } } = HTTP_TIMES
  t.match(numbers, { requestTimeout, headersTimeout, connectionsCheckingInterval, maxConnections: MAX_SOCKETS })
})

t.test('the numbers of the page are those of the code', async (t) => {
  const seconds = (ms: number): string => `${(ms + HTTP_TIMES.http.connectionsCheckingInterval) / 1000} s`
  const { maxConnections, maxConnectionsPerAddress } = DEFAULT_CONNECTION_LIMITS
  const { refusedAuthBurst, refusedAuthsPerSecond, anonymousPostBurst, anonymousPostsPerSecond } = DEFAULT_LIMITS
  t.match(row('slow and silent connections'), `headers within ${seconds(HTTP_TIMES.http.headersTimeout)}, a request within ${seconds(HTTP_TIMES.requestTimeout)} `)
  t.match(row('sockets altogether'), `${MAX_SOCKETS}, `)
  t.match(row('sockets of one network'), `${MAX_SOCKETS_PER_NETWORK}, `)
  t.match(row('WebSockets, streams and polls'), `${maxConnections}, and ${maxConnectionsPerAddress} of one network`)
  t.match(row('refused tokens of one network'), `${refusedAuthBurst} at once, ${refusedAuthsPerSecond} a second`)
  t.match(row('POSTs without a session of one network'), `${anonymousPostBurst} at once, ${anonymousPostsPerSecond} a second`)
})
