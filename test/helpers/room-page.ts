import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** What a page shows of one tile: of `ana`, or of `ana (screen)`. */
export interface Shown {
  /** Decoded so far. */
  readonly frames: number
  /** Of the picture; 0 before the first. */
  readonly width: number
  readonly samples: number
  readonly energy: number
}

/** How a page is opened. */
export interface RoomPageOptions {
  /** The query or fragment, such as `?user=ana&room=r1`; absent: made of `user` and `room`. */
  readonly address?: string
  /** Publish neither picture nor sound. */
  readonly watching?: boolean
  /** The size of its picture. @default [320, 180] */
  readonly picture?: readonly [width: number, height: number]
  readonly context?: BrowserContextOptions
  /** Scripts to run in the page before its own. */
  readonly scripts?: readonly string[]
  /** Do not wait until it is in the room. */
  readonly unjoined?: boolean
}

/** Small pictures: several pages share one machine. The rest is the page's own doing. */
const smallCamera = ([width, height]: readonly [number, number]): string => `{
  const take = MediaDevices.prototype.getUserMedia
  MediaDevices.prototype.getUserMedia = function ({ audio, video }) {
    return take.call(this, { audio, video: video && { width: ${width}, height: ${height}, frameRate: 15 } })
  }
}`

/** What the page shows and plays, by the tile's name. Figures come from the statistics of the tile's own tracks. */
const PROBE = `window.probe = {
  async shown () {
    const inbound = [...await window.room.subscribe?.getStats() ?? []].map(([, entry]) => entry).filter(({ type }) => type === 'inbound-rtp')
    const tiles = [...document.querySelectorAll('video[data-user], video[data-screen]')]
    return Object.fromEntries(tiles.map((video) => {
      const ids = (video.srcObject?.getTracks() ?? []).map(({ id }) => id)
      const [picture, sound] = ['video', 'audio'].map((kind) => inbound.find((entry) => entry.kind === kind && ids.includes(entry.trackIdentifier)))
      return [video.dataset.user ?? video.dataset.screen + ' (screen)', {
        frames: picture?.framesDecoded ?? 0, width: video.videoWidth, samples: sound?.totalSamplesReceived ?? 0, energy: sound?.totalAudioEnergy ?? 0
      }]
    }))
  },
  ufrags () {
    const ufrag = (description) => /a=ice-ufrag:(\\S+)/.exec(description?.sdp ?? '')?.[1] ?? null
    return { publish: ufrag(window.room.publish?.localDescription), subscribe: ufrag(window.room.subscribe?.remoteDescription) }
  }
}`

/** The video room page in a browser, as a person has it before them. */
export class RoomPage {
  readonly page: Page
  readonly user: string
  /** Everything that the page complained about in the console, and what it threw; violations of the content policy are among it. */
  readonly complaints: string[] = []

  private constructor (page: Page, user: string) {
    this.page = page
    this.user = user
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) this.complaints.push(`${message.text()} (${message.location().url})`) })
    page.on('pageerror', (error) => { this.complaints.push(String(error)) })
  }

  static async open (browser: Browser, origin: string, user: string, room: string, options: RoomPageOptions = {}): Promise<RoomPage> {
    const context = await browser.newContext(options.context)
    const opened = new RoomPage(await context.newPage(), user)
    for (const content of [smallCamera(options.picture ?? [320, 180]), PROBE, ...(options.scripts ?? [])]) await context.addInitScript({ content })
    const devices = options.watching === true ? { camera: '0', microphone: '0' } : {}
    await opened.page.goto(`${origin}/${options.address ?? `?${new URLSearchParams({ user, room, ...devices })}`}`)
    if (options.unjoined !== true) await opened.is('joined')
    return opened
  }

  /** Waits for `document.body.dataset.state`. */
  async is (state: 'idle' | 'connecting' | 'joined' | 'failed'): Promise<void> {
    await this.until(`document.body.dataset.state === ${JSON.stringify(state)}`)
  }

  shown (): Promise<Record<string, Shown>> {
    return this.page.evaluate('probe.shown()')
  }

  /** Waits until the tiles of others are these and no others. */
  async shows (...names: string[]): Promise<void> {
    await this.until(`probe.shown().then((shown) => JSON.stringify(Object.keys(shown).sort()) === ${JSON.stringify(JSON.stringify(names.toSorted()))})`)
  }

  /** Waits until the tiles of others are these, and each picture and each sound has gone on from now. */
  async sees (...names: string[]): Promise<void> {
    await this.shows(...names)
    await this.#progress(names, '(now.width > 0 && now.frames > then.frames + 2 && now.samples > then.samples + 4_800 && now.energy > then.energy)')
  }

  /** Waits until these pictures have gone on from now. */
  async seesMoving (...names: string[]): Promise<void> {
    await this.#progress(names, '(now.width > 0 && now.frames > then.frames + 2)')
  }

  /** Waits until text that matches is somewhere inside the selector. */
  async says (selector: string, pattern: RegExp): Promise<void> {
    await this.until(`${String(pattern)}.test(document.querySelector(${JSON.stringify(selector)})?.innerText ?? '')`)
  }

  /** Waits until the expression, which may be a promise, is true in the page. (`waitForFunction` takes any promise for true.) */
  async until (expression: string, timeoutMs = 30_000): Promise<void> {
    const done = await this.page.evaluate<boolean>(`(async () => {
      for (const end = performance.now() + ${timeoutMs}; performance.now() < end;) {
        if (await (${expression})) return true
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return false
    })()`)
    if (!done) throw new Error(`${this.user}: not so: ${expression}\n${await this.#situation()}`)
  }

  /** Writes to everybody, or to one person. */
  async chat (message: string, to = ''): Promise<void> {
    await this.page.selectOption('#chat-to', to)
    await this.page.fill('#chat-message', message)
    await this.page.press('#chat-message', 'Enter')
  }

  click (selector: string): Promise<void> {
    return this.page.click(selector)
  }

  ufrags (): Promise<{ publish: string | null, subscribe: string | null }> {
    return this.page.evaluate('probe.ufrags()')
  }

  /** From the click to the first picture of somebody else. */
  firstFrameMs (): Promise<number | null> {
    return this.page.evaluate(`(() => {
      const [join, frame] = ['mse:join', 'mse:first-frame'].map((name) => performance.getEntriesByName(name)[0]?.startTime)
      return frame === undefined ? null : Math.round(frame - join)
    })()`)
  }

  /** As a person closes a tab: without a word to the page but `pagehide`. (The context alone would end like a crash, without that too.) */
  async close (): Promise<void> {
    await this.page.close()
    await this.page.context().close()
  }

  async #progress (names: readonly string[], condition: string): Promise<void> {
    const before = await this.shown()
    await this.until(`probe.shown().then((shown) => ${JSON.stringify(names)}.every((name) => {
      const now = shown[name]
      // A connection that was made anew counts from nothing.
      const then = ${JSON.stringify(before)}[name] ?? { frames: 0, samples: 0, energy: 0 }
      return now !== undefined && ${condition}
    }))`)
  }

  async #situation (): Promise<string> {
    const [state, status, waiting, shown] = await Promise.all([
      this.page.evaluate('document.body.dataset.state'), this.page.evaluate('document.querySelector("#status").textContent'),
      this.page.evaluate('document.querySelector("#waiting").textContent'), this.shown()
    ])
    return JSON.stringify({ state, status, waiting, shown, complaints: this.complaints })
  }
}
