import t from 'tap'
import { Chat } from '../../index.ts'
import { Acknowledger } from '../../lib/client/transports/acknowledger.ts'
import { createClient } from '../../lib/client/node.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { makeToken } from '../helpers/tokens.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

t.test('tells after 16 messages, after 64 KiB, and 5 s after anything at all', async (t) => {
  const clock = new FakeClock()
  let told = 0
  const acknowledger = new Acknowledger(clock, () => { told++ })
  for (let message = 1; message <= 15; message++) acknowledger.took(1, 10)
  t.equal(told, 0)
  acknowledger.took(1, 10)
  t.equal(told, 1)
  acknowledger.took(1, 65_536)
  t.equal(told, 2)
  acknowledger.took(1, 10)
  clock.advance(4_999)
  t.equal(told, 2)
  clock.advance(1)
  t.equal(told, 3)
  clock.advance(60_000)
  t.equal(told, 3, 'and says nothing twice')
  acknowledger.took(1, 10)
  acknowledger.stop()
  t.equal(clock.pending, 0)
})

/** Other work has its turn. */
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

for (const transport of ['websocket', 'events', 'poll'] as const) {
  t.test(`${transport}: the server lets go of what has come, though its client says nothing else`, async (t) => {
    const app = await startApp(t)
    const client = createClient({ url: `http://127.0.0.1:${portOf(app)}/mse`, transports: [transport], getToken: () => makeToken({ userId: 'ana', roomId: 'r' }) })
    t.teardown(() => client.close())
    const allCame = new Promise<void>((resolve) => client.on('chat', ({ message }) => { if (message === '239') resolve() }))
    await client.call('ping')
    const [session] = app.mse.sessions.values()
    for (let n = 0; n < 240; n++) app.mse.room('r').notify(Chat, { to: [], message: String(n) })
    await allCame
    while ((session?.record.outbox.dropped ?? 0) < 224) await turn()
    t.ok(session?.ended === null, 'and nothing broke')
  })
}
