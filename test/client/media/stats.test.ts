import t from 'tap'
import { offerOf } from './fake-connection.ts'
import { Stage } from './stage.ts'

const report = (...entries: Array<{ readonly id: string } & Record<string, unknown>>): Map<string, never> => new Map(entries.map((entry) => [entry.id, entry as never]))

t.test('tells how the connections are, and what each track and each person brings', async (t) => {
  const stage = await Stage.published()
  stage.server.describe(offerOf([{ kind: 'audio', msid: 'ana a' }, { kind: 'video', msid: 'ana v' }, { kind: 'video', msid: 'ana screen-v' }]))
  await stage.settle()
  stage.subscribe.become('checking')
  const [sound, camera, screen] = stage.subscribe.transceivers.map(({ receiver }) => receiver.track.id)
  const at = (seconds: number): void => {
    const timestamp = seconds * 1_000
    stage.publish.report = report(
      { id: 'out', type: 'outbound-rtp', kind: 'video', timestamp, mediaSourceId: 'source', bytesSent: 25_000 * seconds, framesEncoded: 30 * seconds },
      { id: 'source', type: 'media-source', kind: 'video', timestamp, trackIdentifier: stage.camera.id },
      { id: 'out-a', type: 'outbound-rtp', kind: 'audio', timestamp, mediaSourceId: 'source-a', bytesSent: 0 },
      { id: 'source-a', type: 'media-source', kind: 'audio', timestamp, trackIdentifier: 'microphone', totalAudioEnergy: 0.25 * seconds, totalSamplesDuration: seconds },
      { id: 'pair', type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.0123 }
    )
    stage.subscribe.report = report(
      { id: 'a', type: 'inbound-rtp', kind: 'audio', timestamp, trackIdentifier: sound, bytesReceived: 1_000 * seconds, totalAudioEnergy: 0.0625 * seconds, totalSamplesDuration: seconds, packetsReceived: 90, packetsLost: 10 },
      { id: 'v', type: 'inbound-rtp', kind: 'video', timestamp, trackIdentifier: camera, bytesReceived: 50_000 * seconds, framesDecoded: 15 * seconds, packetsReceived: 100, packetsLost: -3 },
      { id: 's', type: 'inbound-rtp', kind: 'video', timestamp, trackIdentifier: screen, bytesReceived: 0, framesDecoded: 5 * seconds }
    )
  }
  at(1)
  const first = await stage.media.stats()
  t.equal(first.tracks.size, 0, 'rates need a look before')
  at(3)
  const stats = await stage.media.stats()
  t.strictSame([stats.publish, stats.subscribe, stats.roundTripMs, stats.lossPercent], ['connected', 'checking', 12, 5])
  t.strictSame(Object.fromEntries(stats.tracks), {
    [stage.camera.id]: { kbps: 200, fps: 30 },
    microphone: { kbps: 0, level: 0.5 },
    [sound ?? '']: { kbps: 8, level: 0.25 },
    [camera ?? '']: { kbps: 400, fps: 15 },
    [screen ?? '']: { kbps: 0, fps: 5 }
  })
  const { stream, screen: shown } = stage.person('ana')
  t.strictSame([stream, shown, null].map((each) => stats.of(each)), [{ kbps: 408, fps: 15, level: 0.25 }, { kbps: 0, fps: 5 }, { kbps: 0 }])
  t.equal(stats.reports.publish, stage.publish.report)
})

t.test('counts anew after connections were made anew', async (t) => {
  const stage = await Stage.published()
  const entry = { id: 'v', type: 'inbound-rtp', kind: 'video', timestamp: 1_000, trackIdentifier: 'x', bytesReceived: 1_000_000, framesDecoded: 9 }
  stage.subscribe.report = report(entry)
  await stage.media.stats()
  stage.server.emit('session', { fresh: true })
  await stage.settle()
  stage.subscribe.report = report({ ...entry, timestamp: 2_000, bytesReceived: 0 })
  t.equal((await stage.media.stats()).tracks.size, 0)
})
