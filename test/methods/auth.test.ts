import t from 'tap'
import { createMse } from '../../lib/mse.ts'
import { identityFromClaims } from '../../lib/session/claims.ts'
import { MemoryLink } from '../../lib/testing/memory-link.ts'
import { bench, settle } from '../core/server-under-test.ts'

const CLAIMS = { userId: 'ada', roomId: 'lobby' }
const params = (claims: object = CLAIMS): object => ({ token: JSON.stringify(claims), version: '1.0' })

t.test('stays synchronous when the verification does', async (t) => {
  const server = createMse({ authenticate: () => identityFromClaims(CLAIMS, { vouchedFor: true }) })
  const session = server.open(new MemoryLink(), '')
  const reply = session.call(JSON.stringify({ id: 1, method: 'auth', jsonrpc: '2.0', params: params() }))
  t.equal(reply, '{"id":1,"jsonrpc":"2.0","result":"authenticated"}')
})

t.test('logs the cause of a refusal, never the token, and answers without it', async (t) => {
  const { open, log } = bench({ authenticate: async () => { throw new Error(`signature of ${'x'.repeat(1_000)}`) } })
  const { send, next } = open()
  send('auth', { token: 'canary.canary.canary', version: '1.0' })
  t.strictSame(await next(), { id: 1, jsonrpc: '2.0', error: { code: -4001, message: 'Authorization Failed' } })
  t.match(log, [{ level: 'info', message: 'a token was refused', details: { address: '192.0.2.1' } }])
  t.equal(String(log[0]?.details['reason']).length, 256)
  t.notMatch(JSON.stringify(log), 'canary')
})

t.test('mints nothing for a session that ended while its token was verified', async (t) => {
  let verified = (): void => {}
  const { server, open } = bench({
    authenticate: async () => {
      await new Promise<void>((resolve) => { verified = resolve })
      return identityFromClaims(CLAIMS, { vouchedFor: true })
    }
  })
  const { send, session } = open()
  send('auth', params())
  session.end({ code: 1006, text: '' })
  verified()
  await settle()
  t.strictSame([server.sessions.size, server.room('lobby').size, session.identity], [0, 0, null])
})

t.test('counts refusals of strangers only, and answers the last before it closes', async (t) => {
  const { open, join } = bench({ limits: { maxRefusedAuths: 2 } })
  const { send, link } = open()
  for (let id = 1; id <= 3; id++) send('auth', { token: 'bad', version: '1.0' }, id)
  t.equal(link.frames.length, 2)
  t.equal(link.closed?.code, 4501)
  const member = await join('ada')
  for (let id = 1; id <= 3; id++) member.send('auth', params({ ...CLAIMS, userId: 'eve' }), id)
  t.equal(member.link.closed, null)
  t.equal(member.session.record.refusedAuths, 0)
})
