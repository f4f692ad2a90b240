import type { MseEvents } from '../lib/core/events.ts'
import type { Limits } from '../lib/core/limits.ts'
import { EngineSupervisor } from '../lib/media/engine-supervisor.ts'
import type { MediaEngine } from '../lib/media/engine.ts'
import type { Clock } from '../lib/util/clock.ts'
import type { Logger } from '../lib/util/logger.ts'
import { EngineTakenError } from './options.ts'

/** An engine has so much of the time of a call, so that its silence is told as -7001 before the call is told as -32603. */
const SHARE_OF_CALL = 0.9

/** What {@link HostedEngine} takes. */
export interface HostedEngineOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly limits: Limits
  readonly changed: (change: MseEvents['engine']) => void
}

/** Engines that serve an instance: their rooms know no secret, so a second instance would let its users into them. */
const engaged = new WeakSet<MediaEngine>()

/** The engine of one instance, supervised, and of no other. */
export class HostedEngine extends EngineSupervisor {
  readonly #engine: MediaEngine

  constructor (engine: MediaEngine, { clock, log, limits, changed }: HostedEngineOptions) {
    super(engine, { clock, log, changed, answerTimeoutMs: Math.ceil(limits.callTimeoutMs * SHARE_OF_CALL) })
    this.#engine = engine
  }

  /** @throws EngineTakenError when it serves another instance */
  override async open (): Promise<void> {
    if (engaged.has(this.#engine)) throw new EngineTakenError(this.name)
    engaged.add(this.#engine)
    await super.open()
  }

  override async close (): Promise<void> {
    await super.close()
    engaged.delete(this.#engine)
  }
}
