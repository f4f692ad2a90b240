import t from 'tap'
import { FakeStream, FakeTrack } from './fake-connection.ts'
import { linesOf, Stage } from './stage.ts'

t.test('a stream is published when the server has answered, after the service has started', async (t) => {
  const { media, server } = new Stage()
  const stream = new FakeStream([new FakeTrack('audio'), new FakeTrack('video')])
  server.isAnswering = false
  let isDone = false
  const published = media.publish(stream).then(() => { isDone = true })
  await new Promise(setImmediate)
  t.strictSame(server.sent.map(({ method }) => method), ['start', 'sdpOffer'])
  const [offer] = server.descriptions('offer')
  t.strictSame(linesOf(offer!), ['audio sendonly', 'video sendonly'])
  t.match(offer!.sdp, `a=msid:${stream.id} ${stream.tracks[0]!.id}`)
  t.notOk(isDone)
  server.answer()
  await published
  t.equal(media.state, 'started')
})

t.test('whoever only watches starts without an offer', async (t) => {
  const { media, server } = new Stage()
  await Promise.all([media.start(), media.start()])
  await media.publish(new FakeStream())
  media.restartIce()
  await new Promise(setImmediate)
  t.strictSame(server.sent.map(({ method }) => method), ['start'])
})

t.test('what changes while an offer is out goes into the next one, all of it', async (t) => {
  const { media, server, settle } = await Stage.published()
  server.isAnswering = false
  const changes = ['audio', 'video', 'video'].map((kind) => media.publish(new FakeStream([new FakeTrack(kind)])))
  await settle()
  t.strictSame(server.descriptions('offer').slice(1).map(linesOf), [['audio sendonly', 'video sendonly', 'audio sendonly', 'video sendonly', 'video sendonly']], 'three changes at once, one offer')
  changes.push(media.publish(new FakeStream([new FakeTrack('audio')])), media.publish(new FakeStream([new FakeTrack('audio')])))
  await settle()
  t.equal(server.count('sdpOffer'), 2)
  server.isAnswering = true
  server.answer()
  await Promise.all(changes)
  t.equal(server.count('sdpOffer'), 3)
})

t.test('a track that is published already is sent once', async (t) => {
  const { media, server, stream } = await Stage.published()
  await media.publish(stream)
  t.equal(server.count('sdpOffer'), 1)
  stream.tracks.push(new FakeTrack('audio'))
  await media.publish(stream)
  t.strictSame(linesOf(server.descriptions('offer')[1]!), ['audio sendonly', 'video sendonly', 'audio sendonly'])
})

t.test('a camera that was unplugged gives its m-line to the next one', async (t) => {
  const { media, server, stream, camera, publish } = await Stage.published()
  camera.end()
  const next = new FakeTrack('video')
  stream.tracks.splice(1, 1, next)
  await media.publish(stream)
  t.equal(publish.transceivers.length, 2)
  t.equal(publish.transceivers[1]?.sender.track, next)
  t.equal(server.count('sdpOffer'), 1, 'without an offer')
})

t.test('a track is replaced without an offer, taken away, and put back by publish', async (t) => {
  const { media, server, stream, camera, publish } = await Stage.published()
  const other = new FakeTrack('video')
  const sent = (): unknown => publish.transceivers[1]?.sender.track
  await media.replaceTrack(camera, other)
  t.equal(sent(), other)
  await media.replaceTrack(other, null)
  t.equal(sent(), null)
  await media.publish(stream)
  t.equal(sent(), camera)
  t.equal(publish.transceivers.length, 2)
  t.equal(server.count('sdpOffer'), 1)
  await t.rejects(media.replaceTrack(other, camera), { name: 'TypeError' }, 'one that is not published')
  await t.rejects(media.replaceTrack(camera, new FakeTrack('audio')), { name: 'TypeError' }, 'one of another kind')
})

t.test('a track that could not be replaced because its connection went is on the next one', async (t) => {
  const { media, server, camera, publish, settle } = await Stage.published()
  let fail: (error: Error) => void = () => {}
  publish.transceivers[1]!.sender.replaceTrack = () => new Promise((_resolve, reject) => { fail = reject })
  const other = new FakeTrack('video')
  const replaced = media.replaceTrack(camera, other)
  await settle()
  server.emit('session', { fresh: true })
  fail(new Error('closed'))
  await replaced
  t.equal((media.connections.publish as unknown as typeof publish).transceivers[1]?.sender.track, other)
})

t.test('what is unpublished leaves its m-line to what comes next', async (t) => {
  const { media, server, stream, camera, publish } = await Stage.published()
  await media.unpublish(camera)
  t.strictSame(linesOf(server.descriptions('offer')[1]!), ['audio sendonly', 'video inactive'])
  t.equal(publish.transceivers[1]?.sender.track, null)
  await media.publish(stream)
  t.strictSame(linesOf(server.descriptions('offer')[2]!), ['audio sendonly', 'video sendonly'])
  await media.unpublish(stream)
  t.strictSame(linesOf(server.descriptions('offer')[3]!), ['audio inactive', 'video inactive'])
})

t.test('nothing is started to send something no longer', async (t) => {
  const { media, server } = new Stage()
  await media.unpublish(new FakeTrack('audio'))
  await media.unshare()
  t.equal(media.state, 'idle')
  t.strictSame(server.sent, [])
})

t.test('a screen is a marked second video, and its m-line is used again', async (t) => {
  const { media, server, publish } = await Stage.published()
  const screen = new FakeTrack('video')
  await media.share(screen)
  t.strictSame(linesOf(server.descriptions('offer')[1]!), ['audio sendonly', 'video sendonly', 'video sendonly *'])
  t.notMatch(publish.localDescription?.sdp, 'screen-', 'the local description stays as it is')
  t.equal(/a=msid:(\S+) screen-/.exec(server.descriptions('offer')[1]!.sdp)?.[1], publish.transceivers[0]?.msid.split(' ')[0], 'of the same stream')
  await media.unshare()
  t.strictSame(linesOf(server.descriptions('offer')[2]!), ['audio sendonly', 'video sendonly', 'video inactive'])
  const other = new FakeTrack('video')
  await media.share(new FakeStream([other]))
  t.strictSame(linesOf(server.descriptions('offer')[3]!), ['audio sendonly', 'video sendonly', 'video sendonly *'])
  t.equal(publish.transceivers[2]?.sender.track, other)
})

t.test('a screen takes the place of the one before', async (t) => {
  const { media, server, publish } = await Stage.published()
  const [first, second] = [new FakeTrack('video'), new FakeTrack('video')]
  await media.share(first)
  await media.share(second)
  t.equal(publish.transceivers[2]?.sender.track, second)
  t.strictSame(linesOf(server.descriptions('offer').at(-1)!), ['audio sendonly', 'video sendonly', 'video sendonly *'])
})

t.test('the browser\'s own "stop sharing" ends the screen, unless it is shared no more anyway', async (t) => {
  const { media, server, settle } = await Stage.published()
  const [first, second] = [new FakeTrack('video'), new FakeTrack('video')]
  await media.share(first)
  await media.share(second)
  first.end()
  await settle()
  t.strictSame(linesOf(server.descriptions('offer').at(-1)!), ['audio sendonly', 'video sendonly', 'video sendonly *'])
  second.end()
  await settle()
  t.strictSame(linesOf(server.descriptions('offer').at(-1)!), ['audio sendonly', 'video sendonly', 'video inactive'])
})

t.test('answers that nobody waits for are ignored', async (t) => {
  const { server, settle, publish, told } = await Stage.published()
  server.answer('stray')
  server.answer('again')
  await settle()
  t.match(publish.remoteDescription?.sdp, 'server-publish')
  t.strictSame(told, [])
})
