import createError from '@fastify/error'
import type { Limits } from '../lib/core/limits.ts'

/** Bytes of long bodies that a server has at the most: 256 of the longest, by default. */
const MAX_LONG_BODY_BYTES = 67_108_864
/** Where that is less than so many of the longest, so many. */
const MIN_LONGEST = 4

/** There is no room for a long body now: 503, come again. */
export const LongBodiesError = createError('MSE_ERR_LONG_BODIES', 'too many long bodies are under way', 503)

/** How much of long bodies may be here. */
export interface LongBodyLimits {
  /** A body is long when it has more bytes than this: what a stranger's may have at the most. */
  readonly longFrom: number
  /** Bytes of all of them together. */
  readonly maxBytes: number
}

/**
 * Bounds what is here of bodies that are not whole: whose they are is known only then, and of strangers each of thousands of sockets could bring as much as a user may. What is
 * not long is bounded by the number of sockets.
 */
export class LongBodies {
  readonly #limits: LongBodyLimits
  #bytes = 0

  constructor (limits: LongBodyLimits) {
    this.#limits = limits
  }

  /** For a server with these limits. */
  static of ({ maxUnauthenticatedMessageBytes, maxMessageBytes }: Limits): LongBodies {
    return new LongBodies({ longFrom: maxUnauthenticatedMessageBytes, maxBytes: Math.max(MAX_LONG_BODY_BYTES, MIN_LONGEST * maxMessageBytes) })
  }

  /** Bytes of long bodies that are here. */
  get bytes (): number { return this.#bytes }

  isLong (bytes: number): boolean {
    return bytes > this.#limits.longFrom
  }

  /** @returns false when there is no room for so many bytes more */
  take (bytes: number): boolean {
    if (this.#bytes + bytes > this.#limits.maxBytes) return false
    this.#bytes += bytes
    return true
  }

  release (bytes: number): void {
    this.#bytes -= bytes
  }
}
