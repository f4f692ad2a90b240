import type { OfferedTrack } from './offer-leg.ts'
import type { Peer } from './peer.ts'

/** The participants that see each other. */
export class Room {
  // In order of joining: slots are filled in this order.
  readonly #peers = new Set<Peer>()

  get size (): number {
    return this.#peers.size
  }

  /** Streams that the room needs when everybody who may publish does: one per publisher and receiver. */
  get forwards (): number {
    return this.#publishers * Math.max(0, this.#peers.size - 1)
  }

  /** What {@link forwards} would be with one more participant. */
  get forwardsWithOneMore (): number {
    return (this.#publishers + 1) * this.#peers.size
  }

  add (peer: Peer): void {
    this.#peers.add(peer)
  }

  remove (peer: Peer): void {
    this.#peers.delete(peer)
  }

  /** Shows everybody what there is now. Nothing happens where nothing has changed. */
  sync (): void {
    const published = new Map<Peer, OfferedTrack[]>()
    for (const peer of this.#peers) published.set(peer, peer.published)
    for (const receiver of this.#peers) {
      receiver.sync([...published].flatMap(([publisher, tracks]) => publisher === receiver ? [] : tracks))
    }
  }

  get #publishers (): number {
    let count = 0
    for (const peer of this.#peers) if (peer.countsAsPublisher) count++
    return count
  }
}
