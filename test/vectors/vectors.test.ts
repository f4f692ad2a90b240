import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Test } from 'tap'
import type { Environment } from '../../lib/middleware/environment.ts'
import type { Client, Frame } from '../matrix/client.ts'
import { CLIENT_ADDRESS, openWorld } from '../matrix/harness.ts'
import type { Transport } from '../matrix/harness.ts'

interface Vector {
  readonly name: string
  /** Calls that have to have succeeded. */
  readonly before: readonly string[]
  readonly environment?: Environment
  readonly send?: object
  readonly sendText?: string
  /** Null: silence. */
  readonly expect: Frame | null
}

const { vectors } = JSON.parse(readFileSync(new URL('mse-1.0.json', import.meta.url), 'utf8')) as { vectors: Vector[] }

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=setup:actpass\r\na=sendonly\r\n'

for (const transport of ['memory', 'websocket'] as const) {
  for (const vector of vectors) t.test(`${transport}: ${vector.name}`, (t) => run(t, transport, vector))
}

t.test('has every vector of the seed', async (t) => {
  t.equal(vectors.length, 16)
  t.equal(new Set(vectors.map(({ name }) => name)).size, 16)
})

async function run (t: Test, transport: Transport, vector: Vector): Promise<void> {
  const world = await openWorld(t, transport, { environment: vector.environment ?? 'production' })
  const { iat, claims } = claimsOf(world.clock.now())
  const fill = filler({ $token: world.token(claims), $sdp: SDP, $ip: CLIENT_ADDRESS, ...namedClaims({ ...claims, iat }) })
  const client = await world.open()
  for (const method of vector.before) await client.succeed(method, method === 'auth' ? fill({ token: '$token', version: '1.0' }) : undefined)
  client.send(vector.sendText ?? fill(vector.send))
  if (vector.expect === null) return isSilent(t, client, vector)
  const frame = await client.next()
  const expected = fill(vector.expect) as Frame
  t.match(frame, expected)
  t.strictSame(withoutData(frame), withoutData(expected))
  await client.isSilent(t, 'it was answered once')
}

/** Without sleeping: a ping afterwards is answered next, or the session is over. */
async function isSilent (t: Test, client: Client, { send }: Vector): Promise<void> {
  if ((send as Frame).method === 'disconnect') return client.isClosed(t, 1000)
  return client.isSilent(t)
}

/** An error may carry data beyond what a vector shows; nothing else may differ. */
function withoutData ({ error, ...rest }: Frame): Frame {
  if (error === undefined) return rest
  const { data, ...bare } = error
  return { ...rest, error: bare }
}

function claimsOf (nowMs: number): { iat: number, claims: Record<string, string | number> } {
  const iat = nowMs / 1000
  return { iat, claims: { domain: 'example.org', agent: 'mobile', role: 'admin', userId: 'ada', roomId: 'lobby', nbf: iat - 5, exp: iat + 60 } }
}

/** `$claims.*`, the dates as ISO 8601. */
function namedClaims (claims: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [`$claims.${name}`, typeof value === 'number' ? new Date(value * 1000).toISOString() : value]))
}

/** Puts the values of this run in the place of their names. */
function filler (values: Readonly<Record<string, string>>): (template: unknown) => unknown {
  return (template) => JSON.parse(JSON.stringify(template), (_key, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith('$')) return value
    const filled = values[value]
    if (filled === undefined) throw new Error(`no value for ${value}`)
    return filled
  })
}
