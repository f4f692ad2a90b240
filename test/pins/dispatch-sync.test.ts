import t from 'tap'
import { MemoryLink, createMse } from '../../lib/testing/index.ts'
import type { Session } from '../../lib/session/session.ts'

function openSession (): { session: Session, link: MemoryLink } {
  const server = createMse({ authenticate: () => { throw new Error('nobody authenticates here') } })
  const link = new MemoryLink()
  return { session: server.open(link, '127.0.0.1'), link }
}

const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
const PONG = '{"id":1,"jsonrpc":"2.0","result":"pong"}'

t.test('answers ping with a string, before any microtask', async (t) => {
  const { session } = openSession()
  let ranMicrotask = false
  queueMicrotask(() => { ranMicrotask = true })
  const reply = session.call(PING)
  t.equal(ranMicrotask, false)
  t.equal(reply, PONG)
  await null
  t.equal(ranMicrotask, true, 'the flag is one that a microtask raises')
})

t.test('sends the answer to a pushing link before any microtask', async (t) => {
  const { session, link } = openSession()
  let ranMicrotask = false
  queueMicrotask(() => { ranMicrotask = true })
  session.receive(PING)
  t.equal(ranMicrotask, false)
  t.strictSame(link.frames, [PONG])
})

t.test('answers a batch of pings at once, too', async (t) => {
  const { session } = openSession()
  t.equal(session.call(`[${PING},${PING}]`), `[${PONG},${PONG}]`)
})
