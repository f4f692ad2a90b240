import type { Person } from './api.ts'
import type { DomStream, DomTrack, TrackLike } from './dom.ts'
import type { Line } from './line-reader.ts'

/** What {@link People} tells. */
export interface PeopleHost {
  readonly makeStream: (tracks: DomTrack[]) => DomStream
  readonly came: (person: Person) => void
  readonly gone: (userId: string) => void
}

/** The others, and what has changed of them with each description. */
export class People {
  readonly people = new Map<string, Person>()
  readonly #host: PeopleHost
  #lines: readonly Line[] = []
  #isPatient = false

  constructor (host: PeopleHost) {
    this.#host = host
  }

  /** All that comes now. */
  update (lines: readonly Line[]): void {
    this.#lines = lines
    for (const userId of new Set(lines.map((line) => line.userId))) this.#meet(userId, lines.filter((line) => line.userId === userId))
    if (!this.#isPatient) this.#dismiss()
  }

  /** Connections begin anew: whoever was here will be back in a moment. */
  wait (): void {
    this.#lines = []
    this.#isPatient = this.people.size > 0
  }

  /** Who is not back by now has gone. */
  settle (): void {
    this.#isPatient = false
    this.#dismiss()
  }

  #meet (userId: string, lines: readonly Line[]): void {
    const before = this.people.get(userId)
    const [tracks, screen] = assign(lines, before)
    const person = { userId, stream: this.#stream(tracks, before?.stream), screen: screen === undefined ? null : this.#stream([screen], before?.screen) }
    if (person.stream === before?.stream && person.screen === before.screen) return
    this.people.set(userId, person)
    this.#host.came(person)
  }

  /** The same stream for the same tracks: a picture that is shown must not flicker because of a screen beside it. */
  #stream (tracks: TrackLike[], before: DomStream | null | undefined): DomStream {
    const known = tracksOf(before)
    const isSame = before != null && known.length === tracks.length && tracks.every((track) => known.includes(track))
    return isSame ? before : this.#host.makeStream(tracks as DomTrack[])
  }

  #dismiss (): void {
    const here = new Set(this.#lines.map(({ userId }) => userId))
    for (const userId of this.people.keys()) {
      if (here.has(userId)) continue
      this.people.delete(userId)
      this.#host.gone(userId)
    }
  }
}

/**
 * Which video is the screen? The marked one. Without a mark the first to arrive is the camera, and what has been the screen stays it.
 * @returns sound and camera, and the screen
 */
function assign (lines: readonly Line[], before: Person | undefined): [tracks: TrackLike[], screen: TrackLike | undefined] {
  const sounds = lines.filter(({ track }) => track.kind === 'audio').map(({ track }) => track)
  const videos = lines.filter(({ track }) => track.kind === 'video')
  const marked = videos.find(({ isMarked }) => isMarked)?.track
  const others = videos.map(({ track }) => track).filter((track) => track !== marked)
  const [was, wasScreen] = [tracksOf(before?.stream), tracksOf(before?.screen)]
  const camera = others.find((track) => was.includes(track)) ?? others.find((track) => marked !== undefined || !wasScreen.includes(track))
  const screen = marked ?? others.find((track) => wasScreen.includes(track)) ?? others.find((track) => track !== camera)
  return [camera === undefined ? sounds : [...sounds, camera], screen]
}

function tracksOf (stream: DomStream | null | undefined): readonly TrackLike[] {
  return stream?.getTracks() ?? []
}
