import type { Timer } from '../../util/clock.ts'
import type { DescriptionLike, PeerConnectionLike, TrackLike, TransceiverLike } from './dom.ts'
import type { LegHost } from './leg.ts'
import { markScreens } from './sdp-sections.ts'
import { Side } from './side.ts'
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
export class Publisher extends Side {
  readonly #lines: Line[] = []
  #hasBegun = false
  #isOfferWanted = false
  #isRestartWanted = false
  #isWaiting = false
  #answerTimer: Timer | null = null

  constructor (connection: PeerConnectionLike, host: LegHost) {
    super(connection, host, GRACE_MS)
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
    const puts = this.#lines.filter(({ wish }) => wish !== null && !wishes.has(wish)).map((line) => this.#give(line, null))
    for (const wish of wishes) {
      const line = this.#lines.find((candidate) => candidate.wish === wish)
      if (line !== undefined) puts.push(put(line, wish.track))
      else if (wish.track !== null) puts.push(this.#place(wish, wish.track))
    }
    this.#offer()
    await Promise.all(puts)
  }

  restartIce (): void {
    this.#isRestartWanted = this.#isOfferWanted = this.#lines.length > 0
    this.#offer()
  }

  answer (description: DescriptionLike): void {
    this.enqueue(async () => {
      if (this.connection.signalingState !== 'have-local-offer') return // stray or repeated (MSE-SDP-8)
      this.#done()
      await this.connection.setRemoteDescription(description)
      this.host.described()
      this.#offer()
    })
  }

  override close (): void {
    this.#done()
    super.close()
  }

  protected trouble (tries: number): void {
    if (tries > MAX_RESTARTS) this.host.lost(new Error('nothing sent arrives'))
    else this.restartIce()
  }

  /** Each new m-line would stay in the description for good, so a vacant one is used first. */
  async #place (wish: Wish, track: TrackLike): Promise<void> {
    const vacant = this.#lines.find((line) => line.wish === null && line.transceiver.receiver.track.kind === wish.kind)
    if (vacant !== undefined) return await this.#give(vacant, wish)
    this.#isOfferWanted = true
    this.#lines.push({ wish, transceiver: this.connection.addTransceiver(track, { direction: 'sendonly', streams: wish.stream === undefined ? [] : [wish.stream] }) })
  }

  #give (line: Line, wish: Wish | null): Promise<void> {
    this.#isOfferWanted = true
    line.wish = wish
    line.transceiver.direction = wish === null ? 'inactive' : 'sendonly'
    return put(line, wish?.track ?? null)
  }

  /** One offer is under way at a time; what changes meanwhile goes into the next. */
  #offer (): void {
    const { connection, host } = this
    this.enqueue(async () => {
      if (!this.#hasBegun || connection.signalingState !== 'stable') return
      if (!this.#isOfferWanted) return host.settled()
      const iceRestart = this.#isRestartWanted
      this.#isOfferWanted = this.#isRestartWanted = false
      await connection.setLocalDescription(await connection.createOffer({ iceRestart }))
      this.#isWaiting = true
      const screens = new Set(this.#lines.filter(({ wish }) => wish?.isScreen).map(({ transceiver }) => transceiver.mid))
      this.#send(markScreens(connection.localDescription?.sdp ?? '', screens))
    })
  }

  #send (sdp: string): void {
    const refused = (error: unknown): void => {
      this.#done()
      this.host.lost(error)
    }
    this.host.sendOffer({ type: 'offer', sdp }).then(() => {
      // While the link is down, or the server stands still, this does not count.
      if (this.#isWaiting) this.#answerTimer = this.host.clock.after(ANSWER_MS, () => refused(new Error('no answer to an offer')))
    }, refused)
  }

  #done (): void {
    this.#isWaiting = false
    this.#answerTimer?.cancel()
  }
}

async function put ({ transceiver: { sender } }: Line, track: TrackLike | null): Promise<void> {
  if (sender.track !== track) await sender.replaceTrack(track)
}
