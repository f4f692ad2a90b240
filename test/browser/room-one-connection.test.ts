import t from 'tap'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../helpers/chromium.ts'
import { RoomPage } from '../helpers/room-page.ts'
import { serve } from '../helpers/serve.ts'

let browser: Browser
let origin: string

t.before(async () => {
  browser = await launchChromium()
  origin = (await serve(t)).origin
})
t.teardown(() => browser.close())

interface Test { teardown (task: () => Promise<void>): void, same (found: unknown, wanted: unknown): unknown }

const enter = async (t: Test, user: string, room: string, picture: readonly [number, number]): Promise<RoomPage> => {
  const page = await RoomPage.open(browser, origin, user, room, { picture })
  t.teardown(() => page.close())
  return page
}

/**
 * A client that knows nothing but the protocol's first examples: one peer connection, bare SDP strings, bare
 * candidate strings, one slot for sound and one for a picture.
 */
const CLIENT = `async (user, room) => {
  const response = await fetch('/dev/token', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user, room }) })
  const { token } = await response.json()
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/mse')
  const opened = new Promise((resolve) => { socket.onopen = resolve })
  const connection = new RTCPeerConnection()
  const camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 180, frameRate: 15 } })
  for (const track of camera.getTracks()) connection.addTransceiver(track, { direction: 'sendrecv', streams: [camera] })
  const slots = {}
  connection.ontrack = ({ track }) => {
    const element = document.createElement(track.kind)
    Object.assign(element, { autoplay: true, srcObject: new MediaStream([track]) })
    document.body.append(element)
    slots[track.kind] = element
  }
  const answers = new Map()
  const call = (id, method, params) => {
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    return new Promise((resolve) => answers.set(id, resolve))
  }
  const notify = (method, params) => socket.send(JSON.stringify({ jsonrpc: '2.0', id: null, method, params }))
  const client = window.client = { connection, slots, received: [], notify }
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data)
    client.received.push(message)
    if (message.method === 'sdpOffer') await connection.setRemoteDescription({ type: 'answer', sdp: message.params.offer })
    if (message.method === 'iceCandidate' && message.params.candidate) await connection.addIceCandidate({ candidate: message.params.candidate, sdpMid: '0' })
    if (message.id != null) answers.get(message.id)?.(message)
  }
  connection.onicecandidate = ({ candidate }) => { if (candidate) notify('iceCandidate', { candidate: candidate.candidate }) }
  client.offer = async (options) => {
    await connection.setLocalDescription(await connection.createOffer(options))
    notify('sdpOffer', { offer: connection.localDescription.sdp })
  }
  client.counts = async () => {
    const inbound = [...await connection.getStats()].map(([, entry]) => entry).filter(({ type }) => type === 'inbound-rtp')
    const [picture, sound] = ['video', 'audio'].map((kind) => inbound.find((entry) => entry.kind === kind))
    return { frames: picture?.framesDecoded ?? 0, width: slots.video?.videoWidth ?? 0, height: slots.video?.videoHeight ?? 0, samples: sound?.totalSamplesReceived ?? 0, energy: sound?.totalAudioEnergy ?? 0 }
  }
  await opened
  const authenticated = await call('a', 'auth', { token, version: '1.0' })
  const started = await call('s', 'start')
  await client.offer()
  return [authenticated.result, started.result]
}`

/** A page that has nothing but that client. */
async function enterBare (t: Test, user: string, room: string): Promise<BarePage> {
  const context = await browser.newContext()
  t.teardown(() => context.close())
  const page = await context.newPage()
  await page.route(`${origin}/bare`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><body></body>' }))
  await page.goto(`${origin}/bare`)
  t.same(await page.evaluate(`(${CLIENT})(${JSON.stringify(user)}, ${JSON.stringify(room)})`), ['authenticated', 'started'])
  return new BarePage(page)
}

class BarePage {
  readonly page: Page

  constructor (page: Page) {
    this.page = page
  }

  /** Waits until the picture of its slot has this shape and both slots have gone on from now. */
  async sees ([width, height]: readonly [number, number]): Promise<void> {
    const before = await this.page.evaluate('client.counts()')
    const done = await this.page.evaluate(`(async () => {
      const then = ${JSON.stringify(before)}
      for (const end = performance.now() + 30_000; performance.now() < end;) {
        const now = await client.counts()
        // A sender under load sends a smaller picture of the same shape.
        const isShaped = now.width > 0 && Math.abs(now.width / now.height - ${width / height}) < 0.1
        if (isShaped && now.frames > then.frames + 2 && now.samples > then.samples + 4_800 && now.energy > then.energy) return true
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return false
    })()`)
    if (done !== true) throw new Error(`the slot does not show ${width}x${height}: ${JSON.stringify([before, await this.page.evaluate('client.counts()')])}`)
  }

  /** The descriptions that the server has sent, as they came. */
  descriptions (): Promise<string[]> {
    return this.page.evaluate('client.received.filter(({ method }) => method === "sdpOffer").map(({ params }) => params.offer)')
  }
}

const WIDE = [320, 180] as const
const TALL = [180, 240] as const

t.test('a client with one connection sees and is seen, and its slot goes to another when the first leaves', async (t) => {
  const ana = await enter(t, 'ana', 'slots', WIDE)
  const one = await enterBare(t, 'one', 'slots')
  await Promise.all([one.sees(WIDE), ana.sees('one')])
  const bob = await enter(t, 'bob', 'slots', TALL)
  await Promise.all([ana.sees('one', 'bob'), bob.sees('one', 'ana'), one.sees(WIDE)])

  await ana.click('#leave')
  await Promise.all([one.sees(TALL), bob.sees('one')])
  const [answer, ...more] = await one.descriptions()
  t.match(answer, /^v=0\r\n/, 'the server answers with a bare string, too')
  t.match(answer, /^a=setup:(active|passive)\r$/m)
  t.strictSame(more, [], 'nothing was negotiated again')

  await one.page.evaluate('client.notify("disconnect")')
  await bob.shows()
  t.strictSame([...ana.complaints, ...bob.complaints], [])
})

t.test('its ICE restart keeps the call', async (t) => {
  const one = await enterBare(t, 'one', 'restart')
  const ana = await enter(t, 'ana', 'restart', WIDE)
  await Promise.all([one.sees(WIDE), ana.sees('one')])
  await one.page.evaluate('client.offer({ iceRestart: true })')
  await one.page.waitForFunction('client.received.filter(({ method }) => method === "sdpOffer").length === 2 && client.connection.signalingState === "stable"')
  await Promise.all([one.sees(WIDE), ana.sees('one')])
  const ufrags = (await one.descriptions()).map((sdp) => /a=ice-ufrag:(\S+)/.exec(sdp)?.[1])
  t.not(ufrags[1], ufrags[0], 'both sides have new credentials')
})
