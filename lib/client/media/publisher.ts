import type { Timer } from '../../util/clock.ts'
import { sendCandidates } from './candidates.ts'
import { descriptionQueue } from './description-queue.ts'
import type { DescriptionLike, PeerConnectionLike, TrackLike, TransceiverLike } from './dom.ts'
import type { LegHost } from './leg.ts'
import { markScreens } from './sdp-sections.ts'
import { Watch } from './watch.ts'
import type { Wish } from './wishes.ts'

const GRACE_MS = 3_000
const MAX_RESTARTS = 2
/** The server answers at once; an offer that it has and that is not answered by then was of no use to it. */
const ANSWER_MS = 15_000

/** An m-line of ours. It stays for good; who has no use for it any more leaves it to the next track of its kind. */
interface Line {
  readonly transceiver: TransceiverLike
  wish: Wish | null
}

/** The connection that carries our own media. Only we make offers on it, so there is no glare. */
export class Publisher {
  readonly connection: PeerConnectionLike
  readonly watch: Watch
  readonly #host: LegHost
  readonly #enqueue = descriptionQueue((error) => this.#host.lost(error))
  readonly #lines: Line[] = []
  #hasBegun = false
  #isOfferWanted = false
  #isRestartWanted = false
  #isWaiting = false
  #answerTimer: Timer | null = null

  constructor (connection: PeerConnectionLike, host: LegHost) {
    this.connection = connection
    this.#host = host
    sendCandidates(connection, host)
    this.watch = new Watch(connection, host, GRACE_MS, (tries) => this.#mend(tries))
  }

  /** An offer of ours is out. */
  get isWaiting (): boolean { return this.#isWaiting }

  /** The service has started: offers are welcome. */
  begin (): void {
    this.#hasBegun = true
    this.#offer()
  }

  /** Sends these and nothing else. @returns when the senders have their tracks; rejects when one of them is refused */
  async sync (wishes: ReadonlySet<Wish>): Promise<void> {
    const places = this.#lines.filter(({ wish }) => wish !== null && !wishes.has(wish)).map((line) => this.#vacate(line))
    for (const wish of wishes) {
      const line = this.#lines.find((candidate) => candidate.wish === wish)
      if (line !== undefined) places.push(this.#put(line, wish.track))
      else if (wish.track !== null) places.push(this.#place(wish, wish.track))
    }
    this.#offer()
    await Promise.all(places)
  }

  restartIce (): void {
    this.#isRestartWanted = this.#isOfferWanted = this.#lines.length > 0
    this.#offer()
  }

  answer (description: DescriptionLike): void {
    this.#enqueue(async () => {
      if (this.connection.signalingState !== 'have-local-offer') return // stray or repeated (MSE-SDP-8)
      this.#done()
      await this.connection.setRemoteDescription(description)
      this.#host.described()
      this.#offer()
    })
  }

  close (): void {
    this.#done()
    this.watch.stop()
    this.connection.close()
  }

  #done (): void {
    this.#isWaiting = false
    this.#answerTimer?.cancel()
  }

  /** Each new m-line would stay in the description for good, so a vacant one is used first. */
  #place (wish: Wish, track: TrackLike): Promise<void> {
    this.#isOfferWanted = true
    const line = this.#lines.find(({ wish: owner, transceiver }) => owner === null && transceiver.receiver.track.kind === track.kind)
    if (line === undefined) {
      const transceiver = this.connection.addTransceiver(track, { direction: 'sendonly', streams: wish.stream === undefined ? [] : [wish.stream] })
      this.#lines.push({ transceiver, wish })
      return Promise.resolve()
    }
    line.wish = wish
    line.transceiver.direction = 'sendonly'
    return this.#put(line, track)
  }

  #vacate (line: Line): Promise<void> {
    this.#isOfferWanted = true
    line.wish = null
    line.transceiver.direction = 'inactive'
    return this.#put(line, null)
  }

  async #put ({ transceiver: { sender } }: Line, track: TrackLike | null): Promise<void> {
    if (sender.track !== track) await sender.replaceTrack(track)
  }

  /** One offer is under way at a time; what changes meanwhile goes into the next. */
  #offer (): void {
    this.#enqueue(async () => {
      if (!this.#hasBegun || this.connection.signalingState !== 'stable') return
      if (!this.#isOfferWanted) return this.#host.settled()
      const iceRestart = this.#isRestartWanted
      this.#isOfferWanted = this.#isRestartWanted = false
      await this.connection.setLocalDescription(await this.connection.createOffer({ iceRestart }))
      this.#isWaiting = true
      const screens = new Set(this.#lines.filter(({ wish }) => wish?.isScreen).map(({ transceiver }) => transceiver.mid))
      this.#send(markScreens(this.connection.localDescription?.sdp ?? '', screens))
    })
  }

  #send (sdp: string): void {
    this.#host.sendOffer({ type: 'offer', sdp }).then(
      () => {
        // While the link is down, or the server stands still, this does not count.
        if (this.#isWaiting) this.#answerTimer = this.#host.clock.after(ANSWER_MS, () => this.#refused(new Error('an offer was not answered')))
      },
      (error: unknown) => this.#refused(error)
    )
  }

  #refused (error: unknown): void {
    this.#done()
    this.#host.lost(error)
  }

  #mend (tries: number): void {
    if (tries <= MAX_RESTARTS) this.restartIce()
    // An answer may still come, and must not meet another connection: descriptions do not say what they belong to.
    else if (!this.#isWaiting) this.#host.lost(new Error('nothing that is sent arrives'))
  }
}
