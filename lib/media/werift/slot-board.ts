import type { MediaKind, Negotiated } from './codecs.ts'
import { DownTrack } from './down-track.ts'
import type { DownTrackHost } from './down-track.ts'
import type { MediaLine } from './sdp-writer.ts'
import type { UpTrack } from './up-track.ts'

/** An m-line on which a one-connection client receives. */
export interface SlotLine {
  readonly mid: string
  readonly kind: MediaKind
  readonly codecs: readonly Negotiated[]
}

interface Slot {
  readonly down: DownTrack
  /** The n-th audio and the n-th video slot make one stream. */
  readonly streamId: string
}

/**
 * The receiving m-lines of a one-connection client. They are filled with the others' tracks of their kind in order of joining and
 * refilled when somebody leaves; the client sees no new description.
 *
 * werift's `addTransceiver` may recycle an inactive m-line of the wrong kind, so the engine keeps its own.
 */
export class SlotBoard {
  readonly #host: DownTrackHost
  readonly #slots = new Map<string, Slot>()

  constructor (host: DownTrackHost) {
    this.#host = host
  }

  get size (): number {
    return this.#slots.size
  }

  get downTracks (): DownTrack[] {
    return [...this.#slots.values()].map(({ down }) => down)
  }

  bySsrc (ssrc: number): DownTrack | undefined {
    return this.downTracks.find((down) => down.ssrc === ssrc)
  }

  /** What the engine sends on the m-line, for its description. */
  stream (mid: string): NonNullable<MediaLine['stream']> | null {
    const slot = this.#slots.get(mid)
    if (slot === undefined) return null
    const { ssrc, rtxSsrc, kind } = slot.down
    return { id: slot.streamId, trackId: `${slot.streamId}-${kind}`, ssrc, rtxSsrc, cname: slot.streamId }
  }

  /** Takes the receiving m-lines of a new offer. @returns true when a slot has come or gone */
  update (lines: readonly SlotLine[]): boolean {
    let changed = false
    const kept = new Set(lines.map(({ mid }) => mid))
    for (const mid of [...this.#slots.keys()].filter((mid) => !kept.has(mid))) {
      this.#slots.get(mid)?.down.follow(null)
      this.#slots.delete(mid)
      changed = true
    }
    for (const line of lines) changed = this.#keep(line) || changed
    return changed
  }

  /** Fills the slots from these tracks, which are in order of joining. A slot keeps its track as long as it is there. */
  sync (tracks: readonly UpTrack[]): void {
    const there = new Set(tracks)
    for (const { down } of this.#slots.values()) {
      if (down.source !== null && !there.has(down.source)) down.follow(null)
      else if (down.source !== null) there.delete(down.source)
    }
    const waiting = tracks.filter((track) => there.has(track))
    for (const { down } of this.#slots.values()) {
      if (down.source !== null) continue
      const next = waiting.findIndex((track) => track.kind === down.kind)
      if (next >= 0) down.follow(waiting.splice(next, 1)[0] ?? null)
    }
  }

  requestKeyframes (): void {
    for (const down of this.downTracks) down.requestKeyframe()
  }

  close (): void {
    this.update([])
  }

  #keep (line: SlotLine): boolean {
    const known = this.#slots.get(line.mid)
    if (known !== undefined) {
      known.down.reformat(line.codecs)
      return false
    }
    const index = this.downTracks.filter(({ kind }) => kind === line.kind).length
    this.#slots.set(line.mid, { down: new DownTrack(this.#host, line.kind, line.codecs), streamId: `slot-${index}` })
    return true
  }
}
