/** What hides in a request whose end is not certain, behind the proxies of docs/proxies. */
import t, { type Test } from 'tap'
import { defineMethod } from '../../index.ts'
import { startHaproxy, startNginx } from '../helpers/real-proxy.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'
import { RawHttp, exchange, postText } from './raw-http.ts'
import { smuggles } from './smuggles.ts'
import { standBy } from './witness.ts'

const call = (method: string, id: number): string => JSON.stringify({ jsonrpc: '2.0', id, method })

async function attack (t: Test, startProxy: (t: Test, app: number) => Promise<number | undefined>): Promise<void> {
  const app = await startApp(t)
  const isUnharmed = await standBy(t, app)
  let ran = 0
  app.mse.method(defineMethod({ name: 'mark', access: 'public' }), () => {
    ran++
    return null
  })
  const port = await startProxy(t, portOf(app))
  if (port === undefined) return
  for (const [why, request] of smuggles(call('ping', 0), postText(call('mark', 0), { connection: 'close' }).toString())) {
    ran = 0
    const answers = await exchange(port, request)
    // A proxy that is sure where the first one ends may take the second for one of its own: then it is answered, too.
    t.ok(ran === 0 || (answers.length === 2 && ran === 1), `${why}: ${answers.map(({ status }) => status).join()}, ${ran} ran`)
    for (let id = 1; id <= 3; id++) {
      const victim = new RawHttp(port).write(postText(call('ping', id)))
      const answer = await victim.next()
      if (answer?.body !== `{"id":${id},"jsonrpc":"2.0","result":"pong"}`) t.fail(`${why}: somebody else is answered ${JSON.stringify(answer)}`)
      await victim.end()
    }
  }
  await isUnharmed()
}

t.test('59 behind nginx nothing is smuggled in, and nobody gets the answer to another', (t) => attack(t, startNginx))
t.test('59 behind HAProxy nothing is smuggled in, and nobody gets the answer to another', (t) => attack(t, startHaproxy))
