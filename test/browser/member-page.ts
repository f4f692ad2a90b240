import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import type { Browser, Page } from 'playwright-core'

const script = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const MEDIA = script('../helpers/engine-page/client.js')
const MEMBER = script('member.js')

/** What a page has seen since it was told to observe. */
export interface Observed {
  /** Of its two connections: states, and wishes to negotiate. */
  readonly changes: readonly string[]
  readonly longestPauseMs: number
  /** Decoded since it joined. */
  readonly frames: number
  readonly ufrag: string
  /** Methods of the notifications that came. */
  readonly methods: readonly string[]
}

/** Serves an empty page, so that pages are of the server's own origin. */
export function servePage (app: FastifyInstance): void {
  app.get('/', (_request, reply) => reply.type('text/html').send('<!doctype html><link rel="icon" href="data:,"><body></body>'))
}

/** A page that is a member of a room, over a WebSocket that can resume and with both of its media connections. */
export class MemberPage {
  readonly page: Page
  readonly userId: string

  private constructor (page: Page, userId: string) {
    this.page = page
    this.userId = userId
  }

  /** Joins, and sends its camera's picture. */
  static async join (browser: Browser, origin: string, userId: string, token: string): Promise<MemberPage> {
    const member = new MemberPage(await browser.newPage(), userId)
    await member.page.goto(origin)
    for (const content of [MEDIA, MEMBER]) await member.page.addScriptTag({ content })
    await member.page.evaluate('member.connect()')
    await member.auth(token)
    await member.call('start')
    await member.page.evaluate('client.join({ kinds: ["video"] })')
    return member
  }

  /** @returns the result or the error */
  call (method: string, params: object = {}): Promise<unknown> {
    return this.page.evaluate(`member.call(${JSON.stringify(method)}, ${JSON.stringify(params)})`)
  }

  auth (token: string): Promise<unknown> {
    return this.call('auth', { token, version: '1.0' })
  }

  async observe (): Promise<void> {
    await this.page.evaluate('member.observe()')
  }

  observed (): Promise<Observed> {
    return this.page.evaluate('member.observed()')
  }

  /** Waits until its picture of the other has gone on from now. */
  async sees (): Promise<void> {
    const { frames } = await this.observed()
    await this.until(`member.observed().then(({ frames }) => frames > ${frames} + 2)`)
  }

  /** Waits until the expression, which may be a promise, is true in the page. */
  async until (expression: string): Promise<void> {
    const done = await this.page.evaluate<boolean>(`(async () => {
      for (const end = performance.now() + 20_000; performance.now() < end;) {
        if (await (${expression})) return true
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return false
    })()`)
    if (!done) throw new Error(`${this.userId}: not so: ${expression}; ${JSON.stringify(await this.observed())}`)
  }
}
