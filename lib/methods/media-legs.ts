import type { Candidate, Description, MediaEngine, MediaPeer, PeerEnd } from '../media/engine.ts'
import { MseError, unavailable } from '../protocol/errors.ts'
import { IceCandidate, SdpOffer } from '../protocol/mse.ts'
import type { MediaLoss } from '../session/record.ts'
import type { Session } from '../session/session.ts'
import type { Logger } from '../util/logger.ts'

/** After so long a client whose media leg was lost may start again. */
const RETRY_LOST_MS = 1_000
/** After so long a client may ask an engine again that failed in a way of its own. */
const RETRY_FAILED_MS = 5_000
/** There is no engine and none will come by itself: ask rarely. */
const RETRY_NO_ENGINE_MS = 60_000

/** An engine; one that is supervised says how long it will be down. */
type Engine = MediaEngine & { readonly downForMs?: number }

/** The sessions that an engine has taken. A session has at most one leg, a user at most one in a room: the newest wins. */
export class MediaLegs {
  readonly #engine: Engine | null
  readonly #log: Logger
  readonly #peers = new Map<Session, MediaPeer>()
  readonly #joining = new WeakMap<Session, Promise<void>>()
  readonly #newest = new Map<string, Start>()
  #starts = 0

  constructor (engine: Engine | null, log: Logger) {
    this.#engine = engine
    this.#log = log
  }

  /**
   * Resolves when the engine has the session; at once when it has it already.
   * @throws MseError `unavailable` when the engine is full, down or not there, or when the session's leg was lost since the last start
   */
  async start (session: Session): Promise<void> {
    if (this.#peers.has(session)) return
    // A start that was answered for because it took too long may still be under way: a second peer would leave the first to nobody.
    const joining = this.#joining.get(session) ?? this.#begin(session).finally(() => this.#joining.delete(session))
    this.#joining.set(session, joining)
    await joining
  }

  /** The engine's end of a session that has started. */
  peer (session: Session): MediaPeer | undefined {
    return this.#peers.get(session)
  }

  async #begin (session: Session): Promise<void> {
    const loss = session.record.mediaLost
    if (loss !== null) {
      session.record.mediaLost = null
      throw lost(loss, this.#engine?.downForMs)
    }
    if (this.#engine === null) throw unavailable(RETRY_NO_ENGINE_MS)
    const start: Start = { session, number: ++this.#starts }
    const joined: { peer: MediaPeer | null } = { peer: null }
    let isLost = false
    const leg = new Leg(session, (reason) => {
      isLost = true
      // The word of an engine may come late, when the session has a new peer already.
      if (joined.peer !== null && this.#peers.get(session) === joined.peer) this.#lost(session, reason)
    })
    const peer = joined.peer = await this.#join(this.#engine, leg)
    // Each of them may have happened while the engine was busy.
    const isSuperseded = (this.#newest.get(participant(session))?.number ?? 0) > start.number
    if (session.isOver || isLost || isSuperseded) {
      await peer.close(isSuperseded ? 'superseded' : 'the session is over')
      throw lost(isSuperseded ? 'superseded' : 'ended', this.#engine.downForMs)
    }
    this.#keep(start, peer)
  }

  async #join (engine: Engine, leg: Leg): Promise<MediaPeer> {
    try {
      return await engine.join(leg)
    } catch (error) {
      if (error instanceof MseError) throw error
      this.#log.error({ err: error, engine: engine.name }, 'the media engine failed to take a session')
      throw unavailable(RETRY_FAILED_MS)
    }
  }

  #keep (start: Start, peer: MediaPeer): void {
    const { session } = start
    const key = participant(session)
    const older = this.#newest.get(key)?.session
    this.#newest.set(key, start)
    this.#peers.set(session, peer)
    session.signal.addEventListener('abort', () => this.#close(session, 'the session is over'), { once: true })
    // After a reconnect the old link may take half a minute to be found dead: its picture must not stay as a ghost.
    if (older !== undefined) this.#supersede(older)
  }

  #supersede (older: Session): void {
    this.#forgetStart(older, 'superseded')
    this.#close(older, 'superseded')
  }

  #lost (session: Session, reason: PeerEnd): void {
    this.#log.info({ reason }, 'the media engine ended a session\'s media')
    this.#forgetStart(session, 'ended')
    this.#forget(session)
  }

  /** The next `start` tells the client, the one after it starts anew. */
  #forgetStart (session: Session, loss: MediaLoss): void {
    const { record } = session
    record.mediaLost = loss
    record.succeeded = record.succeeded.filter((method) => method !== 'start')
  }

  #close (session: Session, reason: string): void {
    const peer = this.#peers.get(session)
    this.#forget(session)
    peer?.close(reason).catch((error: unknown) => this.#log.error({ err: error }, 'the media engine failed to close a session\'s media'))
  }

  #forget (session: Session): void {
    this.#peers.delete(session)
    const key = participant(session)
    if (this.#newest.get(key)?.session === session) this.#newest.delete(key)
  }
}

/** Which of a user's sessions was the last to ask. */
interface Start {
  readonly session: Session
  readonly number: number
}

/** What the engine sees of a session, and how its words reach the client. */
class Leg {
  readonly userId: string
  readonly roomId: string
  readonly sessionId: string
  readonly signal: AbortSignal
  readonly closed: (reason: PeerEnd) => void
  readonly #session: Session

  constructor (session: Session, closed: (reason: PeerEnd) => void) {
    this.userId = session.identity?.userId ?? ''
    this.roomId = session.identity?.roomId ?? ''
    this.sessionId = session.id
    this.signal = session.signal
    this.closed = closed
    this.#session = session
  }

  sendDescription ({ type, sdp }: Description): void {
    const { descriptionForm } = this.#session.record
    this.#session.notify(SdpOffer, { offer: descriptionForm === 'bare' ? sdp : { type, sdp } })
  }

  sendCandidate (candidate: Candidate): void {
    const { candidateForm, descriptionForm } = this.#session.record
    const form = candidateForm ?? descriptionForm
    this.#session.notify(IceCandidate, { candidate: form === 'bare' ? candidate.candidate : { ...candidate } })
  }
}

/** A client that is told `superseded` may leave the media to its other session, instead of taking them back and forth. */
function lost (loss: MediaLoss, downForMs = 0): MseError {
  const retryAfterMs = Math.max(RETRY_LOST_MS, downForMs)
  return loss === 'superseded' ? new MseError('unavailable', { retryAfterMs, reason: loss }) : unavailable(retryAfterMs)
}

function participant ({ identity }: Session): string {
  return JSON.stringify([identity?.roomId, identity?.userId])
}
