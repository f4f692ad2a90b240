import type { Clock, Timer } from '../../util/clock.ts'
import { sequenceDistance } from './rtp.ts'

/** What a receiver report says of a stream (RFC 3550, section 6.4.1). */
export interface ReceptionReport {
  /** Of 256, since the last report. */
  readonly fractionLost: number
  readonly packetsLost: number
  readonly highestSequence: number
  readonly jitter: number
}

/** Counts what arrives of a stream and what does not. */
export class ReceptionStatistics {
  readonly #clockRate: number
  #base = -1
  #highest = 0
  #received = 0
  #expectedBefore = 0
  #receivedBefore = 0
  #jitter = 0
  #lastTransit: number | null = null

  constructor (clockRate: number) {
    this.#clockRate = clockRate
  }

  get packetsLost (): number {
    return Math.max(0, this.#expected - this.#received)
  }

  /** @returns how far the packet is ahead of the newest one so far; 1 when nothing is missing, negative when it is late */
  add (sequence: number, timestamp: number, nowMs: number): number {
    this.#received++
    if (this.#base < 0) {
      this.#base = sequence
      this.#highest = sequence
      return 1
    }
    const ahead = sequenceDistance(this.#highest & 0xffff, sequence)
    if (ahead > 0) this.#highest += ahead
    this.#measure(timestamp, nowMs)
    return ahead
  }

  /** A packet that came as a retransmission: it is not lost any more. */
  repaired (): void {
    this.#received++
  }

  report (): ReceptionReport {
    const expected = this.#expected - this.#expectedBefore
    const received = this.#received - this.#receivedBefore
    this.#expectedBefore = this.#expected
    this.#receivedBefore = this.#received
    const lost = Math.max(0, expected - received)
    return {
      fractionLost: expected > 0 ? Math.min(255, Math.floor(lost * 256 / expected)) : 0,
      packetsLost: this.packetsLost,
      highestSequence: this.#highest >>> 0,
      jitter: Math.floor(this.#jitter)
    }
  }

  get #expected (): number {
    return this.#base < 0 ? 0 : this.#highest - this.#base + 1
  }

  #measure (timestamp: number, nowMs: number): void {
    const transit = Math.floor(nowMs * this.#clockRate / 1_000) - timestamp
    if (this.#lastTransit !== null) {
      const difference = Math.abs((transit - this.#lastTransit) | 0)
      this.#jitter += (difference - this.#jitter) / 16
    }
    this.#lastTransit = transit
  }
}

interface Missing {
  tries: number
}

/** Times of {@link LossRepair}. */
const REPAIR = { againMs: 100, tries: 5, maxMissing: 100 } as const

/**
 * Asks for lost packets again (generic NACK, RFC 4585). werift's own asks every 5 ms, sorts numbers as text and loses
 * its place when the sequence wraps.
 */
export class LossRepair {
  readonly #clock: Clock
  readonly #ask: (sequences: number[]) => void
  readonly #missing = new Map<number, Missing>()
  #timer: Timer | undefined

  constructor (clock: Clock, ask: (sequences: number[]) => void) {
    this.#clock = clock
    this.#ask = ask
  }

  /** @param ahead what {@link ReceptionStatistics.add} said of this packet */
  arrived (sequence: number, ahead: number): void {
    if (ahead <= 0) {
      this.#missing.delete(sequence)
      return
    }
    if (ahead === 1) return
    // After a gap this wide the stream has restarted or the link was down: a key frame helps, old packets do not.
    if (ahead > REPAIR.maxMissing) return this.#missing.clear()
    for (let back = ahead - 1; back >= 1; back--) this.#missing.set((sequence - back) & 0xffff, { tries: 0 })
    this.#trim()
    this.#request()
  }

  /** True when the packet was waited for. */
  repaired (sequence: number): boolean {
    return this.#missing.delete(sequence)
  }

  close (): void {
    this.#timer?.cancel()
    this.#missing.clear()
  }

  #trim (): void {
    for (const sequence of this.#missing.keys()) {
      if (this.#missing.size <= REPAIR.maxMissing) return
      this.#missing.delete(sequence)
    }
  }

  #request (): void {
    for (const [sequence, missing] of this.#missing) {
      if (missing.tries++ >= REPAIR.tries) this.#missing.delete(sequence)
    }
    this.#timer?.cancel()
    if (this.#missing.size === 0) return
    this.#ask([...this.#missing.keys()])
    this.#timer = this.#clock.after(REPAIR.againMs, () => this.#request())
  }
}
