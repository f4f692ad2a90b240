import type { StreamLike, TrackLike } from './dom.ts'

/** A track that is to be sent. It outlives connections. */
export interface Wish {
  readonly kind: string
  /** Null: nothing for the moment. */
  track: TrackLike | null
  readonly stream: StreamLike | undefined
  readonly isScreen: boolean
}

/** All that is to be sent. */
export class Wishes extends Set<Wish> {
  /** A track that has ended, or was taken away, gives its place to a new one of its kind. */
  publish (stream: StreamLike): void {
    for (const track of stream.getTracks()) {
      if (this.#find((wish) => wish.track === track) !== undefined) continue
      const place = this.#find(({ kind, isScreen, track: former }) => kind === track.kind && !isScreen && former?.readyState !== 'live')
      if (place === undefined) this.add({ kind: track.kind, track, stream, isScreen: false })
      else place.track = track
    }
  }

  unpublish (what: StreamLike | TrackLike): void {
    const tracks = tracksOf(what)
    this.#drop(({ track, stream }) => stream === what || (track !== null && tracks.includes(track)))
  }

  /** @returns whether the one can be replaced by the other */
  replace (track: TrackLike, by: TrackLike | null): boolean {
    const wish = this.#find((candidate) => candidate.track === track)
    if (wish === undefined || (by !== null && by.kind !== wish.kind)) return false
    wish.track = by
    return true
  }

  /** A screen is of the same stream as the camera. */
  share (screen: StreamLike | TrackLike): void {
    this.unshare()
    const stream = this.#find(() => true)?.stream ?? ('getTracks' in screen ? screen : undefined)
    for (const track of tracksOf(screen)) this.add({ kind: track.kind, track, stream, isScreen: true })
  }

  unshare (): void {
    this.#drop(({ isScreen }) => isScreen)
  }

  #find (matches: (wish: Wish) => boolean): Wish | undefined {
    return [...this].find(matches)
  }

  #drop (matches: (wish: Wish) => boolean): void {
    for (const wish of this) if (matches(wish)) this.delete(wish)
  }
}

/** The tracks of a stream, or the one that it is. */
export function tracksOf (what: StreamLike | TrackLike): readonly TrackLike[] {
  return 'getTracks' in what ? what.getTracks() : [what]
}
