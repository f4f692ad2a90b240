import type { CloseReason } from '../protocol/close-codes.ts'
import type { ControlName, Link } from '../session/link.ts'

/** What a server says about a link, beside the messages. */
export interface ControlMessage {
  /** What it is about. */
  readonly name: ControlName
  /** The params of the notification of that name, such as `$/drain`. */
  readonly data: Readonly<Record<string, unknown>>
}

/** A link without a socket: what the server sends is in `frames`, and can be waited for. */
export class MemoryLink implements Link {
  /** What the session's `transport` is while it is attached. */
  readonly kind = 'memory'
  readonly acknowledges = true
  readonly isResumable: boolean
  /** What the server said about the link, oldest first. */
  readonly controls: ControlMessage[] = []
  /** Set it to make the server believe that the peer reads slowly. */
  bufferedBytes = 0
  /** Everything that was sent, oldest first. */
  readonly frames: string[] = []
  /** Why the server closed the link. */
  closed: CloseReason | null = null
  #read = 0
  #wake: (() => void) | null = null

  /** @param isResumable may a session outlive this link? */
  constructor (isResumable = false) {
    this.isResumable = isResumable
  }

  control (name: ControlName, data: Readonly<Record<string, unknown>>): void {
    this.controls.push({ name, data })
  }

  send (text: string): void {
    if (this.closed !== null) return
    this.frames.push(text)
    this.#wake?.()
  }

  close (reason: CloseReason): void {
    this.closed ??= reason
    this.#wake?.()
  }

  /** The next frame that was not taken yet; null when the link is closed and nothing is left. */
  async next (): Promise<string | null> {
    for (;;) {
      const frame = this.frames[this.#read]
      if (frame !== undefined) {
        this.#read++
        return frame
      }
      if (this.closed !== null) return null
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }
}
