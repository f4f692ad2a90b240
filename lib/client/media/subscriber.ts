import type { DescriptionLike, PeerConnectionLike } from './dom.ts'
import type { LegHost } from './leg.ts'
import { type Line, LineReader } from './line-reader.ts'
import { Side } from './side.ts'

/** The server restarts ICE on this connection; when it has not by then, it will not. */
const GRACE_MS = 10_000

/** The connection that brings the others' media. Only the server makes offers on it, we answer. */
export class Subscriber extends Side {
  readonly #reader = new LineReader()
  #lines: readonly Line[] = []

  constructor (connection: PeerConnectionLike, host: LegHost) {
    super(connection, host, GRACE_MS)
    connection.addEventListener('track', (event) => this.#reader.remember(event))
  }

  /** Does anybody send something? */
  get hasLines (): boolean { return this.#lines.length > 0 }

  offer (description: DescriptionLike): void {
    const { connection, host } = this
    this.enqueue(async () => {
      await connection.setRemoteDescription(description)
      host.described()
      await connection.setLocalDescription(await connection.createAnswer())
      if (connection.signalingState === 'closed') return
      host.sendAnswer({ type: 'answer', sdp: connection.localDescription?.sdp ?? '' })
      this.#lines = this.#reader.read(connection)
      host.receive(this.#lines)
    })
  }

  protected trouble (): void {
    this.host.silent()
  }
}
