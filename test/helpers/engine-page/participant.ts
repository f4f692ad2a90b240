import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import type { Candidate, Description, MediaEngine, MediaPeer } from '../../../lib/media/engine.ts'

const SCRIPT = readFileSync(new URL('client.js', import.meta.url), 'utf8')
/** A secure origin that no server has to serve: without it there is no camera. */
const ORIGIN = 'https://participant.test/'

/** What a page receives on one m-line. */
export interface Received {
  readonly mid: string
  readonly kind: 'audio' | 'video'
  readonly ssrc: number
  readonly packets: number
  readonly frames: number
  readonly energy: number
  readonly samples: number
}

/** A page that talks to an engine directly, without a server between them. */
export class Participant {
  readonly page: Page
  readonly userId: string
  readonly #engine: MediaEngine
  #peer: MediaPeer | null = null
  #abort = new AbortController()
  /** Why the engine ended it, if it did. */
  ended: string | null = null
  /** What the engine has sent. */
  readonly descriptions: Description[] = []

  private constructor (engine: MediaEngine, page: Page, userId: string) {
    this.#engine = engine
    this.page = page
    this.userId = userId
  }

  static async open (browser: Browser, engine: MediaEngine, userId: string): Promise<Participant> {
    const page = await browser.newPage()
    const participant = new Participant(engine, page, userId)
    await page.route(`${ORIGIN}**`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><body></body>' }))
    await page.exposeFunction('engineSend', (kind: string, body: unknown) => participant.#send(kind, body))
    await page.goto(ORIGIN)
    await page.addScriptTag({ content: SCRIPT })
    return participant
  }

  get peer (): MediaPeer {
    if (this.#peer === null) throw new Error('has not joined')
    return this.#peer
  }

  /** Joins the engine's room; what the page does then is a script for it. */
  async join (roomId: string, script = 'client.join()'): Promise<void> {
    this.#abort = new AbortController()
    this.ended = null
    this.#peer = await this.#engine.join({
      userId: this.userId,
      roomId,
      sessionId: `${this.userId}-session`,
      signal: this.#abort.signal,
      sendDescription: (description) => this.#receive('description', description),
      sendCandidate: (candidate) => this.#receive('candidate', candidate),
      closed: (reason) => { this.ended = reason }
    })
    await this.page.evaluate(script)
  }

  async leave (): Promise<void> {
    await this.page.evaluate('client.leave()')
    await this.#peer?.close('left')
    this.#peer = null
  }

  async run (script: string): Promise<void> {
    await this.page.evaluate(script)
  }

  /** Waits until the expression, which may be a promise, is true in the page. (`waitForFunction` takes any promise for true.) */
  async until (expression: string, timeoutMs = 20_000): Promise<void> {
    const done = await this.page.evaluate<boolean>(`(async () => {
      for (let left = ${timeoutMs}; left > 0; left -= 50) {
        if (await (${expression})) return true
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return false
    })()`)
    if (done) return
    const [received, streams] = await Promise.all([this.received(), this.page.evaluate('client.streams()')])
    throw new Error(`${this.userId}: not so: ${expression}; receives ${JSON.stringify(received)}, streams ${JSON.stringify(streams)}, ended ${this.ended ?? 'no'}`)
  }

  received (): Promise<Received[]> {
    return this.page.evaluate('client.counts()')
  }

  /** Waits until so many videos are decoded and so many audios heard, each of them further than now. */
  async sees (videos: number, audios = videos): Promise<void> {
    const before = await this.received()
    const known = JSON.stringify(Object.fromEntries(before.map(({ ssrc, frames, samples }) => [ssrc, { frames, samples }])))
    await this.until(`(() => { const known = ${known}; return client.counts().then((all) =>
      all.filter((one) => one.kind === 'video' && one.frames > (known[one.ssrc]?.frames ?? 0) + 2).length === ${videos} &&
      all.filter((one) => one.kind === 'audio' && one.samples > (known[one.ssrc]?.samples ?? 0) + 4800 && one.energy > 0).length === ${audios}) })()`)
  }

  /** Waits until the remote streams are these: user id to kinds. */
  async shows (streams: Readonly<Record<string, readonly string[]>>): Promise<void> {
    const sorted = (value: Readonly<Record<string, readonly string[]>>): string => JSON.stringify(Object.entries(value).toSorted())
    await this.until(`JSON.stringify(Object.entries(client.streams()).sort()) === ${JSON.stringify(sorted(streams))}`)
  }

  async close (): Promise<void> {
    this.#abort.abort()
    await this.#peer?.close('test over')
    await this.page.close()
  }

  #send (kind: string, body: unknown): void {
    if (kind === 'candidate') this.#peer?.candidate(body as Candidate)
    else this.#peer?.describe(body as Description)
  }

  #receive (kind: string, body: Description | Candidate): void {
    if (kind === 'description') this.descriptions.push(body as Description)
    this.page.evaluate(([kind, body]) => (globalThis as unknown as { engineReceive (kind: unknown, body: unknown): Promise<void> }).engineReceive(kind, body), [kind, body] as const)
      .catch((error: unknown) => { if (!this.page.isClosed()) console.error(`${this.userId}: ${String(error)}`) })
  }
}
