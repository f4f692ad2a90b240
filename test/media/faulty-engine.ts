import type { EngineContext, MediaEngine, MediaPeer, PeerContext } from '../../lib/media/engine.ts'

/** An engine that does what each test tells it to; otherwise it takes everybody and answers each description. */
export class FaultyEngine implements MediaEngine {
  readonly name = 'faulty'
  /** Every call of `open` and `close`, in order. */
  readonly life: Array<'open' | 'close'> = []
  /** What it was given when it was opened, oldest first. */
  readonly contexts: EngineContext[] = []
  /** What it was given at each join. */
  readonly joins: PeerContext[] = []
  /** What its peers were told, and why each was closed. */
  readonly heard: string[] = []
  onOpen: () => unknown = () => {}
  onClose: () => unknown = () => {}
  onJoin: (context: PeerContext) => unknown = (context) => this.peer(context)
  onDescribe: (context: PeerContext) => unknown = (context) => context.sendDescription({ type: 'answer', sdp: 'v=0' })
  onCandidate: (context: PeerContext) => unknown = () => {}
  onPeerClose: () => unknown = () => {}

  open (context: EngineContext): Promise<void> {
    this.life.push('open')
    this.contexts.push(context)
    return this.onOpen() as Promise<void>
  }

  join (context: PeerContext): Promise<MediaPeer> {
    this.joins.push(context)
    return this.onJoin(context) as Promise<MediaPeer>
  }

  close (): Promise<void> {
    this.life.push('close')
    return this.onClose() as Promise<void>
  }

  /** Dies, as it was told at its last opening, or an earlier one. */
  die (error: unknown = new Error('the process has exited'), opening = -1): void {
    this.contexts.at(opening)?.failed?.(error)
  }

  peer (context: PeerContext): MediaPeer {
    return {
      describe: () => {
        this.heard.push('describe')
        return this.onDescribe(context) as undefined
      },
      candidate: () => {
        this.heard.push('candidate')
        return this.onCandidate(context) as undefined
      },
      close: (reason) => {
        this.heard.push(`close: ${reason}`)
        return this.onPeerClose() as Promise<void>
      }
    }
  }
}

/** What never answers. */
export const never = (): Promise<never> => new Promise(() => {})

/** What throws at once. */
export const throws = (text = 'boom') => (): never => { throw new Error(text) }

/** What is rejected later. */
export const rejects = (text = 'boom') => (): Promise<never> => Promise.reject(new Error(text))
