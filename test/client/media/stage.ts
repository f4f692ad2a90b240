import { createMedia } from '../../../lib/client/media/index.ts'
import type { Media, MediaOptions, Person } from '../../../lib/client/media/index.ts'
import { FakeClock } from '../../../lib/testing/fake-clock.ts'
import { FakeClient } from './fake-client.ts'
import { FakeConnection, FakeStream, FakeTrack } from './fake-connection.ts'

/** Media of a fake client with fake connections and a clock that stands still. */
export class Stage {
  readonly clock = new FakeClock()
  readonly server = new FakeClient()
  readonly media: Media
  /** What was told, in order, in short: `stream ana`, `gone ana`, `waiting 1000`, `state started`. */
  readonly told: string[] = []
  networkChanged: () => void = () => {}
  isWatchingNetwork = false
  readonly #first = FakeConnection.made.length

  constructor (options: MediaOptions = {}) {
    const watch = (changed: () => void): () => void => {
      this.networkChanged = changed
      this.isWatchingNetwork = true
      return () => { this.isWatchingNetwork = false }
    }
    this.media = createMedia(this.server.client, { RTCPeerConnection: FakeConnection, MediaStream: FakeStream, clock: this.clock, random: () => 0, ...options }, { watch })
    this.media.on('stream', ({ userId }) => this.told.push(`stream ${userId}`))
    this.media.on('gone', ({ userId }) => this.told.push(`gone ${userId}`))
    this.media.on('waiting', ({ retryInMs }) => this.told.push(`waiting ${retryInMs}`))
    this.media.on('state', ({ state }) => this.told.push(`state ${state}`))
  }

  /** With a camera and a microphone published. */
  static async published (options?: MediaOptions): Promise<Stage & { readonly camera: FakeTrack, readonly stream: FakeStream }> {
    const stage = new Stage(options)
    const camera = new FakeTrack('video')
    const stream = new FakeStream([new FakeTrack('audio'), camera])
    await stage.media.publish(stream)
    stage.publish.become('connected')
    stage.told.length = 0
    return Object.assign(stage, { camera, stream })
  }

  get connections (): FakeConnection[] { return FakeConnection.made.slice(this.#first) }
  get publish (): FakeConnection { return this.media.connections.publish as unknown as FakeConnection }
  get subscribe (): FakeConnection { return this.media.connections.subscribe as unknown as FakeConnection }

  person (userId: string): Person {
    const person = this.media.people.get(userId)
    if (person === undefined) throw new Error(`${userId} is not there`)
    return person
  }

  /** Moves time, and lets promises settle. */
  pass (ms: number): Promise<void> { return this.clock.advanceAsync(ms) }
  readonly settle = (): Promise<void> => this.pass(0)
}

/** The m-lines of a description as `kind direction`, marked screens with a star. */
export function linesOf ({ sdp }: { readonly sdp: string }): string[] {
  return sdp.split(/^(?=m=)/m).slice(1).map((section) => {
    const direction = /^a=(sendonly|inactive|recvonly|sendrecv)/m.exec(section)?.[1] ?? ''
    return `${section.slice(2, 7)} ${direction}${/^a=msid:\S+ screen-/m.test(section) ? ' *' : ''}`
  })
}
