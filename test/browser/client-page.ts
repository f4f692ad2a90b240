import { join } from 'node:path'
import { build } from 'esbuild'
import type { FastifyInstance } from 'fastify'
import type { Browser, BrowserContext, Page } from 'playwright-core'

/** The client as pages get it, and what this file's program adds to it. */
const PROGRAM = `
import { createClient } from ${JSON.stringify(join(import.meta.dirname, '../../lib/client/index.ts'))}

window.join = (userId, room, options = {}) => {
  const getToken = async () => (await fetch('/token?user=' + userId + '&room=' + room)).text()
  const client = createClient({ url: '/mse', getToken, ...options })
  const told = window.told = { states: [], chats: [], resets: [], sessions: [] }
  client.on('state', ({ state, transport, failure, retryInMs }) => told.states.push({ state, transport, failure: failure && String(failure), retryInMs, at: performance.now() }))
  client.on('chat', ({ message }) => told.chats.push(message))
  client.on('reset', ({ reason }) => told.resets.push(reason))
  client.on('session', ({ fresh }) => told.sessions.push(fresh))
  client.media.on('stream', ({ userId, stream }) => show(userId, stream))
  client.media.on('gone', ({ userId }) => document.getElementById(userId)?.remove())
  window.client = client
}

function show (userId, stream) {
  const video = document.getElementById(userId) ?? document.body.appendChild(Object.assign(document.createElement('video'), { id: userId, autoplay: true, muted: true }))
  video.srcObject = stream
}

window.publish = async () => window.client.media.publish(await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180, frameRate: 15 } }))

/** Pictures shown of somebody, counted by the element itself. */
window.frames = (userId) => document.getElementById(userId)?.getVideoPlaybackQuality().totalVideoFrames ?? 0
window.ufrag = () => /a=ice-ufrag:(\\S+)/.exec(client.media.connections.publish?.localDescription?.sdp ?? '')?.[1]
`

let bundled: Promise<string> | undefined

async function bundle (): Promise<string> {
  const { outputFiles } = await build({ stdin: { contents: PROGRAM, resolveDir: import.meta.dirname }, bundle: true, format: 'iife', target: 'es2022', write: false })
  return outputFiles[0]?.text ?? ''
}

/** Serves the page and its tokens beside the endpoint. */
export function serveClientPage (token: (user: string, room: string) => string): (app: FastifyInstance) => void {
  return (app) => {
    bundled ??= bundle()
    app.get('/', (_request, reply) => reply.type('text/html').send('<!doctype html><link rel="icon" href="data:,"><body><script src="/page.js"></script></body>'))
    app.get('/page.js', async (_request, reply) => reply.type('text/javascript').send(await bundled))
    app.get('/token', (request) => {
      const { user, room } = request.query as { user: string, room: string }
      return token(user, room)
    })
  }
}

/** What the page's client has told. */
export interface Told {
  readonly states: ReadonlyArray<{ readonly state: string, readonly transport: string | null, readonly failure?: string, readonly retryInMs?: number, readonly at: number }>
  readonly chats: readonly string[]
  readonly resets: readonly string[]
  readonly sessions: readonly boolean[]
}

/** How long something may take that has to happen; a test that waits longer has failed. */
const PATIENCE_MS = 30_000

/** A page with the package's client. */
export class ClientPage {
  readonly page: Page
  readonly context: BrowserContext
  readonly userId: string
  /** What the page complained about: uncaught errors and rejections. */
  readonly complaints: string[] = []

  private constructor (context: BrowserContext, page: Page, userId: string) {
    this.context = context
    this.page = page
    this.userId = userId
    page.on('pageerror', (error) => this.complaints.push(String(error)))
  }

  /** @param options of `createClient`, as far as JSON carries them */
  static async join (browser: Browser, origin: string, userId: string, room: string, options: object = {}): Promise<ClientPage> {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'] })
    const member = new ClientPage(context, await context.newPage(), userId)
    await member.page.goto(origin)
    await member.page.evaluate(`join(${JSON.stringify(userId)}, ${JSON.stringify(room)}, ${JSON.stringify(options)})`)
    return member
  }

  publish (): Promise<unknown> {
    return this.page.evaluate('publish()')
  }

  told (): Promise<Told> {
    return this.page.evaluate('told')
  }

  /** Waits until its picture of the other has gone on from now. */
  async sees (userId: string): Promise<void> {
    await this.until(`((before) => () => frames('${userId}') > before + 3)(${await this.page.evaluate(`frames('${userId}')`)})()`)
  }

  /** Waits until the expression is true in the page. */
  async until (expression: string): Promise<void> {
    try {
      await this.page.waitForFunction(expression, undefined, { timeout: PATIENCE_MS, polling: 50 })
    } catch {
      throw new Error(`${this.userId}: not so: ${expression}; ${JSON.stringify(await this.told())} ${this.complaints.join('; ')}`)
    }
  }
}
