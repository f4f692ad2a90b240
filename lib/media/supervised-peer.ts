import { unavailable } from '../protocol/errors.ts'
import type { Clock } from '../util/clock.ts'
import type { Logger } from '../util/logger.ts'
import type { Candidate, Description, MediaEngine, MediaPeer, PeerContext, PeerEnd } from './engine.ts'
import { invoke, within } from './within.ts'

/** After so long a participant may start again whom the engine has failed. */
const RETRY_FAULT_MS = 1_000

/** What a {@link SupervisedPeer} asks of its supervisor. */
export interface PeerSupervision {
  readonly engine: MediaEngine
  readonly clock: Clock
  readonly log: Logger
  /** Milliseconds that the engine has for a join. */
  readonly answerTimeoutMs: number
  /** Milliseconds that it has to close the peer. */
  readonly closeTimeoutMs: number
  /** The engine has said something to this participant that makes sense. */
  proved (): void
  /** The engine has thrown or sent what is none. Its participant is ended already. */
  fault (error: unknown): void
  /** It takes no more part. */
  left (peer: SupervisedPeer): void
}

/**
 * One participant between its host and an engine that may do anything: throw, reject, keep silent, send what is none, and go on after
 * the end. The host sees none of it but an end.
 */
export class SupervisedPeer implements MediaPeer {
  readonly #host: PeerContext
  readonly #supervision: PeerSupervision
  #peer: MediaPeer | null = null
  #refuse: (error: Error) => void = () => {}
  #isOver = false
  #closing: Promise<void> | undefined

  constructor (host: PeerContext, supervision: PeerSupervision) {
    this.#host = host
    this.#supervision = supervision
  }

  /** Resolves when the engine has taken it. @throws whatever the engine rejects with, or that it did not answer */
  async join (): Promise<this> {
    const { engine, clock, answerTimeoutMs } = this.#supervision
    const joining = invoke(() => engine.join(this.#context()))
    const refused = new Promise<never>((_resolve, reject) => { this.#refuse = reject })
    try {
      this.#peer = checkPeer(await Promise.race([within(clock, answerTimeoutMs, 'answer a join', () => joining), refused]))
    } catch (error) {
      this.#isOver = true
      // Whom it takes when nobody waits any more would stay in the engine for ever.
      joining.then((late) => closePeer(late, this.#supervision, 'nobody waits any more')).catch(() => {})
      throw error
    }
    return this
  }

  describe (description: Description): void {
    this.#tell((peer) => peer.describe(description))
  }

  candidate (candidate: Candidate): void {
    this.#tell((peer) => peer.candidate(candidate))
  }

  /** Idempotent; never rejects, and resolves in time whatever the engine does. */
  close (reason: string): Promise<void> {
    this.#isOver = true
    this.#supervision.left(this)
    this.#closing ??= this.#close(reason)
    return this.#closing
  }

  /** The engine is gone. @param error what a join that is under way is answered with */
  end (error: Error): void {
    this.#refuse(error)
    this.#over('engine')
  }

  /** As `end`, without a word to the host: it is the one that closes. */
  forget (error: Error): void {
    this.#refuse(error)
    this.#isOver = true
  }

  #context (): PeerContext {
    const { userId, roomId, sessionId, signal } = this.#host
    return {
      userId,
      roomId,
      sessionId,
      signal,
      sendDescription: (description) => this.#sendDescription(description),
      sendCandidate: (candidate) => this.#sendCandidate(candidate),
      closed: (reason) => this.#over(String(reason))
    }
  }

  #sendDescription (description: Description): void {
    if (this.#isOver) return
    if (!isDescription(description)) return this.#fault(new TypeError('the engine sent a description that is none'))
    this.#supervision.proved()
    this.#host.sendDescription({ type: description.type, sdp: description.sdp })
  }

  /** One that is none is dropped: there are others, and the client's own checks find a way. */
  #sendCandidate (candidate: Candidate): void {
    if (this.#isOver) return
    if (typeof candidate?.candidate === 'string') return this.#host.sendCandidate(copyCandidate(candidate))
    this.#supervision.log.warn({ engine: this.#supervision.engine.name }, 'the media engine sent a candidate that is none')
  }

  /** @throws MseError `unavailable` when the engine throws: whoever sent the description with an id learns of it at once */
  #tell (task: (peer: MediaPeer) => unknown): void {
    if (this.#isOver || this.#peer === null) return
    try {
      const result = task(this.#peer)
      // By the interface it gives nothing, but an engine may be async by mistake, and its rejection would end the process.
      if (result instanceof Promise) result.catch((error: unknown) => this.#fault(error))
    } catch (error) {
      this.#fault(error)
      throw unavailable(RETRY_FAULT_MS)
    }
  }

  /** Nobody knows what state it is in now: it is ended, so that the client can start anew. */
  #fault (error: unknown): void {
    if (this.#isOver) return
    this.#over('engine')
    // Without a peer the join is still under way, and whoever waits for it closes what comes.
    if (this.#peer !== null) this.#closing ??= this.#close('it has failed')
    this.#supervision.fault(error)
  }

  #over (reason: PeerEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#supervision.left(this)
    this.#host.closed(reason)
  }

  async #close (reason: string): Promise<void> {
    if (this.#peer !== null) await closePeer(this.#peer, this.#supervision, reason)
  }
}

/** Never rejects. */
async function closePeer (peer: MediaPeer, { engine, clock, log, closeTimeoutMs }: PeerSupervision, reason: string): Promise<void> {
  try {
    await within(clock, closeTimeoutMs, 'close a session\'s media', () => peer.close(reason))
  } catch (error) {
    log.error({ err: error, engine: engine.name }, 'the media engine failed to close a session\'s media')
  }
}

function checkPeer (peer: MediaPeer): MediaPeer {
  const isPeer = typeof peer === 'object' && peer !== null && [peer.describe, peer.candidate, peer.close].every((method) => typeof method === 'function')
  if (!isPeer) throw new TypeError('the engine answered a join with something that is no peer')
  return peer
}

function isDescription (value: Description | null | undefined): value is Description {
  return (value?.type === 'offer' || value?.type === 'answer') && typeof value.sdp === 'string'
}

/** What else an engine has put there may not survive JSON. */
function copyCandidate ({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: Candidate): Candidate {
  return {
    candidate,
    ...((typeof sdpMid === 'string' || sdpMid === null) && { sdpMid }),
    ...((typeof sdpMLineIndex === 'number' || sdpMLineIndex === null) && { sdpMLineIndex }),
    ...((typeof usernameFragment === 'string' || usernameFragment === null) && { usernameFragment })
  }
}
