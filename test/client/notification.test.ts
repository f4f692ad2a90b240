import t, { type Test } from 'tap'
import Fastify, { type FastifyInstance } from 'fastify'
import { Type } from '@sinclair/typebox'
import { createClient } from '../../lib/client/node.ts'
import type { TransportName } from '../../lib/client/options.ts'
import { defineNotification } from '../../lib/protocol/index.ts'
import { mse } from '../../plugins/mse.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'

const Tick = defineNotification({ name: 'tick', direction: 'server', params: Type.Object({ at: Type.Integer() }) })

async function open (t: Test, transports: readonly TransportName[]) {
  const app: FastifyInstance = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: TEST_SECRET } })
  const client = createClient({ url: `${await app.listen({ host: '127.0.0.1', port: 0 })}/mse`, getToken: () => makeToken(), transports })
  t.teardown(() => client.close())
  return { app, client }
}

for (const name of ['websocket', 'events', 'poll'] as const) {
  t.test(`${name}: tells every notification under one name, after those who listen to its own`, async (t) => {
    const { app, client } = await open(t, [name])
    const heard: unknown[] = []
    client.on(Tick, ({ at }) => heard.push(at))
    const last = new Promise<void>((resolve) => {
      client.on('notification', (event) => {
        heard.push(event)
        if (heard.length === 3) resolve()
      })
    })
    await client.call('ping')
    app.mse.room('lobby').notify(Tick, { at: 7 })
    app.mse.room('lobby').notify({ ...Tick, name: 'unheardOf' }, { at: 8 })
    await last
    t.strictSame(heard, [7, { method: 'tick', params: { at: 7 } }, { method: 'unheardOf', params: { at: 8 } }])
  })
}
