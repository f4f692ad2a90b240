import t from 'tap'
import { offerOf } from './fake-connection.ts'
import type { FakeLine } from './fake-connection.ts'
import { Stage } from './stage.ts'

const audio = (user: string): FakeLine => ({ kind: 'audio', msid: `${user} a-${user}` })
const video = (user: string, name = `v-${user}`): FakeLine => ({ kind: 'video', msid: `${user} ${name}` })
const vacant = (kind: string): FakeLine => ({ kind, isInactive: true })

async function watching (): Promise<Stage & { offer (...lines: FakeLine[]): Promise<void> }> {
  const stage = new Stage()
  await stage.media.start()
  stage.told.length = 0
  const offer = (...lines: FakeLine[]): Promise<void> => {
    stage.server.describe(offerOf(lines))
    return stage.settle()
  }
  return Object.assign(stage, { offer })
}

t.test('whoever sends something is told of, with sound and picture in one stream, and is answered', async (t) => {
  const stage = await watching()
  await stage.offer(audio('ana'), video('ana'), audio('bob'))
  t.strictSame(stage.told, ['stream ana', 'stream bob'])
  t.strictSame(stage.person('ana').stream.getTracks().map(({ kind }) => kind), ['audio', 'video'])
  t.equal(stage.person('ana').screen, null)
  t.strictSame([...stage.media.people.keys()], ['ana', 'bob'], 'also for those who listen late')
  t.equal(stage.server.descriptions('answer').length, 1)
})

t.test('a description that changes nothing of somebody is not told', async (t) => {
  const stage = await watching()
  await stage.offer(audio('ana'), video('ana'))
  const { stream } = stage.person('ana')
  await stage.offer(audio('ana'), video('ana'), audio('bob'))
  t.equal(stage.person('ana').stream, stream)
  t.strictSame(stage.told, ['stream ana', 'stream bob'])
  await stage.offer(audio('ana'), vacant('video'), audio('bob'))
  t.not(stage.person('ana').stream, stream, 'another stream when a track has gone')
  t.strictSame(stage.told.slice(2), ['stream ana'])
})

t.test('who leaves is gone, also when another takes the m-line at once', async (t) => {
  const stage = await watching()
  await stage.offer(audio('ana'), video('ana'))
  await stage.offer(audio('bob'), video('bob'))
  t.strictSame(stage.told, ['stream ana', 'stream bob', 'gone ana'])
  await stage.offer(vacant('audio'), vacant('video'))
  t.strictSame(stage.told.slice(3), ['gone bob'])
  t.equal(stage.media.people.size, 0)
})

t.test('a marked video is the screen, whatever comes first', async (t) => {
  const stage = await watching()
  await stage.offer(video('ana', 'screen-1'), audio('ana'), video('ana'))
  const { stream, screen } = stage.person('ana')
  const tracks = stage.subscribe.transceivers.map(({ receiver }) => receiver.track)
  t.strictSame(screen?.getTracks(), [tracks[0]])
  t.strictSame(stream.getTracks(), [tracks[1], tracks[2]])
  await stage.offer(vacant('video'), audio('ana'), video('ana'))
  t.equal(stage.person('ana').screen, null)
  t.equal(stage.person('ana').stream, stream, 'the picture beside it does not flicker')
})

t.test('without a mark the first video is the camera, and what was the screen stays it', async (t) => {
  const stage = await watching()
  await stage.offer(video('ana', 'x'), video('ana', 'y'))
  const [camera, screen] = stage.subscribe.transceivers.map(({ receiver }) => receiver.track)
  t.strictSame(stage.person('ana').stream.getTracks(), [camera])
  t.strictSame(stage.person('ana').screen?.getTracks(), [screen])
  await stage.offer(vacant('video'), video('ana', 'y'))
  t.strictSame(stage.person('ana').stream.getTracks(), [])
  t.strictSame(stage.person('ana').screen?.getTracks(), [screen])
})

t.test('stream ids are decoded, and taken as they are when they cannot be', async (t) => {
  const stage = await watching()
  await stage.offer(audio('Zo%C3%AB%20van%20Dijk'), audio('100%25'), audio('50%'), { kind: 'audio', msid: '- x' }, { kind: 'audio' })
  t.strictSame([...stage.media.people.keys()], ['Zoë van Dijk', '100%', '50%', 'from-the-event'], 'the event\'s id where the description has none')
})

t.test('an m-line that is rejected brings nothing', async (t) => {
  const stage = await watching()
  const { type, sdp } = offerOf([audio('ana'), video('bob')])
  stage.server.describe({ type, sdp: sdp.replace('m=video 9', 'm=video 0') })
  await stage.settle()
  t.strictSame([...stage.media.people.keys()], ['ana'])
})

t.test('a listener that throws stops neither the others nor the negotiation', async (t) => {
  const reported: unknown[] = []
  const scope = globalThis as { reportError?: (error: unknown) => void }
  scope.reportError = (error) => reported.push(error)
  t.teardown(() => { delete scope.reportError })
  const stage = await watching()
  const fault = new Error('a listener')
  stage.media.on('stream', () => { throw fault })
  const also: string[] = []
  stage.media.on('stream', ({ userId }) => also.push(userId))
  await stage.offer(audio('ana'))
  await stage.offer(audio('ana'), audio('bob'))
  t.strictSame(also, ['ana', 'bob'])
  t.strictSame(reported, [fault, fault])
  t.equal(stage.server.descriptions('answer').length, 2)
  t.equal(stage.media.state, 'started')
})

t.test('a fresh session brings back who comes back in a moment, without a farewell; who does not is gone', async (t) => {
  const stage = await watching()
  await stage.offer(audio('ana'), audio('bob'))
  const before = stage.person('ana').stream
  stage.server.emit('session', { fresh: true })
  await stage.settle()
  t.strictSame(stage.told, ['stream ana', 'stream bob', 'state starting', 'state started'])
  t.equal(stage.media.people.size, 2)
  await stage.offer(audio('ana'))
  t.strictSame(stage.told.slice(4), ['stream ana'])
  t.not(stage.person('ana').stream, before)
  await stage.pass(5_000)
  t.strictSame(stage.told.slice(5), ['gone bob'])
  await stage.offer(vacant('audio'))
  t.strictSame(stage.told.slice(6), ['gone ana'], 'from then on at once')
})
