import t from 'tap'
import { browserNetwork } from '../../../lib/client/media/network.ts'
import { offerOf } from './fake-connection.ts'
import { Stage } from './stage.ts'

const candidate = (usernameFragment: string | null, address = '192.0.2.1') => ({ candidate: `candidate:1 1 udp 1 ${address} 9 typ host`, sdpMid: '0', usernameFragment })

t.test('our candidates are sent, and the end of them once', async (t) => {
  const { server, publish } = await Stage.published()
  const own = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', toJSON: () => ({ candidate: 'as JSON', sdpMid: '0' }) }
  for (const event of [own, { candidate: '', toJSON: () => ({}) }, null]) publish.emit('icecandidate', { candidate: event })
  t.strictSame(server.sent.filter(({ method }) => method === 'iceCandidate').map(({ params }) => params['candidate']), [
    { candidate: 'as JSON', sdpMid: '0' }, { candidate: '', sdpMLineIndex: 0, usernameFragment: 'own0' }
  ])
})

t.test('a candidate that cannot be sent is one way less and nothing worse', async (t) => {
  const { server, publish, media } = await Stage.published()
  server.isFull = true
  publish.emit('icecandidate', { candidate: null })
  t.equal(media.state, 'started')
})

t.test('candidates go to the connection whose description has their user name fragment', async (t) => {
  const { server, publish, subscribe, settle } = await Stage.published()
  server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }], 'server-subscribe'))
  await settle()
  server.candidate(candidate('server-publish'))
  server.candidate(candidate('server-subscribe'))
  server.candidate({ candidate: 'candidate:1 1 udp 1 192.0.2.2 9 typ host ufrag server-subscribe' })
  t.strictSame(publish.candidates, [candidate('server-publish')])
  t.strictSame(subscribe.candidates, [candidate('server-subscribe'), { candidate: 'candidate:1 1 udp 1 192.0.2.2 9 typ host ufrag server-subscribe', sdpMLineIndex: 0 }])
})

t.test('a candidate without a fragment and a place goes to the first m-line of both', async (t) => {
  const { server, publish, subscribe, settle } = await Stage.published()
  server.candidate({ candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host' })
  const wanted = [{ candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMLineIndex: 0 }]
  t.strictSame([publish.candidates, subscribe.candidates], [wanted, []])
  server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }]))
  await settle()
  t.strictSame([publish.candidates, subscribe.candidates], [wanted, wanted])
})

t.test('a candidate that overtakes its description is held, 128 of them', async (t) => {
  const { server, subscribe, settle } = await Stage.published()
  for (let number = 0; number < 130; number++) server.candidate(candidate('later', `192.0.2.${number}`))
  t.equal(subscribe.candidates.length, 0)
  server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }], 'later'))
  await settle()
  t.strictSame(subscribe.candidates, Array.from({ length: 128 }, (_, number) => candidate('later', `192.0.2.${number + 2}`)))
})

t.test('candidates that have arrived take no place of those that wait', async (t) => {
  const { server, subscribe, settle } = await Stage.published()
  server.candidate(candidate('later'))
  for (let number = 0; number < 128; number++) server.candidate(candidate('server-publish', `192.0.2.${number}`))
  server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }], 'later'))
  await settle()
  t.strictSame(subscribe.candidates, [candidate('later')])
})

t.test('a .local candidate is never waited for', async (t) => {
  const { server, subscribe, settle } = await Stage.published()
  server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }]))
  await settle()
  subscribe.addIceCandidate = () => new Promise(() => {})
  server.candidate(candidate('server', 'a-name.local'))
  server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }, { kind: 'audio', msid: 'bob y' }]))
  await settle()
  t.equal(server.descriptions('answer').length, 2)
})

t.test('a short interruption mends itself; after 3 s ICE is restarted from here', async (t) => {
  const stage = await Stage.published()
  stage.publish.become('disconnected')
  await stage.pass(2_999)
  stage.publish.become('connected')
  await stage.pass(10_000)
  t.equal(stage.publish.iceRestarts, 0)
  stage.publish.become('disconnected')
  await stage.pass(3_000)
  t.equal(stage.publish.iceRestarts, 1)
  t.match(stage.server.descriptions('offer').at(-1)?.sdp, 'a=ice-ufrag:own1')
  stage.publish.become('connected')
  stage.publish.become('failed')
  await stage.pass(0)
  t.equal(stage.publish.iceRestarts, 2, 'what ICE calls failed at once')
})

t.test('after two restarts without success everything begins anew', async (t) => {
  const stage = await Stage.published()
  const { publish } = stage
  publish.become('disconnected')
  await stage.pass(3_000)
  publish.become('failed')
  await stage.pass(6_000)
  t.equal(publish.iceRestarts, 2)
  await stage.pass(12_000)
  t.strictSame(stage.told, ['state starting', 'state started'])
  t.not(stage.publish, publish)
  t.equal(stage.server.count('sdpOffer'), 4)
})

t.test('without signalling nothing is tried, and at once when it is back', async (t) => {
  const stage = await Stage.published()
  stage.server.become('reconnecting')
  stage.publish.become('disconnected')
  await stage.pass(60_000)
  t.equal(stage.publish.iceRestarts, 0)
  stage.server.become('open')
  await stage.pass(3_000)
  t.equal(stage.publish.iceRestarts, 1)
  stage.server.become('reconnecting')
  await stage.pass(60_000)
  t.equal(stage.publish.iceRestarts, 1)
  stage.publish.become('failed')
  stage.server.become('open')
  await stage.pass(3_000)
  t.equal(stage.publish.iceRestarts, 2)
})

t.test('while an answer is due no other connection is made, however long it takes', async (t) => {
  const stage = await Stage.published()
  stage.server.holding.add('sdpOffer')
  stage.publish.become('disconnected')
  await stage.pass(120_000)
  t.equal(stage.connections.length, 2)
})

t.test('the server restarts the other connection; when it has not after 10 s, everything begins anew', async (t) => {
  const stage = await Stage.published()
  stage.server.describe(offerOf([{ kind: 'audio', msid: 'ana x' }]))
  await stage.settle()
  stage.subscribe.become('disconnected')
  await stage.pass(9_999)
  t.equal(stage.connections.length, 2)
  await stage.pass(1)
  t.equal(stage.connections.length, 4)
})

t.test('a receiving connection that ends because nobody is there any more is none to mend, unless it is the only one', async (t) => {
  const stage = await Stage.published()
  stage.subscribe.become('disconnected')
  await stage.pass(120_000)
  t.equal(stage.connections.length, 2)
  const watcher = new Stage()
  await watcher.media.start()
  watcher.subscribe.become('disconnected')
  await watcher.pass(10_000)
  t.equal(watcher.connections.length, 4)
})

t.test('another network restarts ICE', async (t) => {
  const stage = await Stage.published()
  stage.networkChanged()
  await stage.settle()
  t.equal(stage.publish.iceRestarts, 1)
})

t.test('browsers tell of another network by "online" and by another type of connection', async (t) => {
  const page = new EventTarget()
  const connection = Object.assign(new EventTarget(), { type: 'wifi' })
  const replaced = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  Object.defineProperty(globalThis, 'navigator', { value: { connection }, configurable: true })
  Object.assign(globalThis, { addEventListener: page.addEventListener.bind(page), removeEventListener: page.removeEventListener.bind(page) })
  t.teardown(() => {
    Reflect.deleteProperty(globalThis, 'navigator')
    if (replaced !== undefined) Object.defineProperty(globalThis, 'navigator', replaced)
    for (const name of ['addEventListener', 'removeEventListener']) Reflect.deleteProperty(globalThis, name)
  })
  let told = 0
  const stop = browserNetwork.watch(() => { told++ })
  page.dispatchEvent(new Event('online'))
  t.equal(told, 1)
  connection.dispatchEvent(new Event('change'))
  t.equal(told, 1, 'of the speed alone')
  connection.type = 'cellular'
  connection.dispatchEvent(new Event('change'))
  t.equal(told, 2)
  stop()
  page.dispatchEvent(new Event('online'))
  connection.type = 'wifi'
  connection.dispatchEvent(new Event('change'))
  t.equal(told, 2)
})
