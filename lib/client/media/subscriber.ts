import { sendCandidates } from './candidates.ts'
import { descriptionQueue } from './description-queue.ts'
import type { DescriptionLike, PeerConnectionLike } from './dom.ts'
import type { LegHost } from './leg.ts'
import { type Line, LineReader } from './line-reader.ts'
import { Watch } from './watch.ts'

/** The server restarts ICE on this connection; when it has not by then, it will not. */
const GRACE_MS = 10_000

/** The connection that brings the others' media. Only the server makes offers on it, we answer. */
export class Subscriber {
  readonly connection: PeerConnectionLike
  readonly watch: Watch
  readonly #host: LegHost
  readonly #enqueue = descriptionQueue((error) => this.#host.lost(error))
  readonly #reader = new LineReader()
  #lines: readonly Line[] = []

  constructor (connection: PeerConnectionLike, host: LegHost) {
    this.connection = connection
    this.#host = host
    sendCandidates(connection, host)
    connection.addEventListener('track', (event) => this.#reader.remember(event))
    this.watch = new Watch(connection, host, GRACE_MS, () => host.silent())
  }

  /** Does anybody send something? */
  get hasLines (): boolean { return this.#lines.length > 0 }

  offer (description: DescriptionLike): void {
    this.#enqueue(async () => {
      await this.connection.setRemoteDescription(description)
      this.#host.described()
      await this.connection.setLocalDescription(await this.connection.createAnswer())
      if (this.connection.signalingState === 'closed') return
      this.#host.sendAnswer({ type: 'answer', sdp: this.connection.localDescription?.sdp ?? '' })
      this.#lines = this.#reader.read(this.connection)
      this.#host.receive(this.#lines)
    })
  }

  close (): void {
    this.watch.stop()
    this.connection.close()
  }
}
