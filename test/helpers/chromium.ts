import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import packed from '@sparticuz/chromium'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

/** What {@link launchChromium} can be told. */
export interface ChromiumOptions {
  /**
   * Hide local addresses behind `.local` names in ICE candidates, as a real user's browser does.
   * @default false
   */
  readonly mdns?: boolean
  /** More command line switches. */
  readonly args?: readonly string[]
}

/**
 * A Chromium from npm with a fake camera and microphone: no display, no root, no network but loopback.
 * Close it with `browser.close()`.
 */
export async function launchChromium (options: ChromiumOptions = {}): Promise<Browser> {
  const hidden = options.mdns === true ? [] : ['--disable-features=WebRtcHideLocalIpsWithMdns']
  return chromium.launch({
    executablePath: await executable(),
    headless: true,
    args: [...SWITCHES, ...hidden, ...(options.args ?? [])]
  })
}

const SWITCHES = [
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required',
  '--no-sandbox', '--headless', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // Pages in the background of a test must go on drawing and sending.
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows'
] as const

let unpacked: Promise<string> | undefined

/** The path of the binary, which is unpacked once per machine (about 4 s). */
function executable (): Promise<string> {
  unpacked ??= unpack(join(tmpdir(), 'fastify-mse-chromium'))
  return unpacked
}

/**
 * @sparticuz/chromium takes a half-written binary for a ready one, and test files run in parallel
 * processes. So each unpacks into a folder of its own, and the first to finish gives it its name.
 */
async function unpack (home: string): Promise<string> {
  const binary = join(home, 'chromium')
  if (existsSync(binary)) return binary
  const own = await mkdtemp(`${home}-`)
  await unpackInto(own)
  try {
    await rename(own, home)
  } catch (error) {
    await rm(own, { recursive: true, force: true })
    if (!existsSync(binary)) throw error
  }
  return binary
}

/** The package knows no target folder but the system's temporary one, which it looks up before its first await. */
async function unpackInto (folder: string): Promise<void> {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  const done = packed.executablePath()
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  await done
}
