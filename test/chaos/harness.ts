/** One run of chaos: a client behind a proxy that breaks its links, a peer without faults, and what both wrote down. */
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { defineMethod } from '../../index.ts'
import { FaceClient, type FaceClientOptions, type FaceName, type Frame } from '../helpers/face-client.ts'
import { type Fault, FaultProxy, createRandom } from '../helpers/fault-proxy.ts'
import { Recorder, type Verdict, checkHistory } from '../helpers/history.ts'
import { makeToken } from '../helpers/tokens.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

/** What carries a session: one face all the time, or another one at every break. */
export type Traveller = FaceName | 'changing'

export interface ChaosOptions {
  readonly seed: number
  readonly traveller: Traveller
  /** Each way. */
  readonly chats: number
  /** Beside the chats. */
  readonly calls?: number
  /** Do answers to a POST come with it? Otherwise downstream. */
  readonly answersInBody?: boolean
  readonly faults?: readonly Fault[]
  /** @default the small client of these tests */
  readonly makeClient?: (options: FaceClientOptions) => ChaosClient
}

/** What is driven through the faults. */
export type ChaosClient = Pick<FaceClient, 'open' | 'breaks' | 'start' | 'stop' | 'tell' | 'call' | 'progress'>

export interface ChaosReport {
  readonly verdict: Verdict
  /** What the client must never be told. */
  readonly faults: readonly string[]
  /** Connections that the proxy broke, and how. */
  readonly breaks: number
  readonly broken: Readonly<Record<string, number>>
  /** Links that the client has lost: of its socket, its stream or its polls, not of single POSTs. */
  readonly links: number
  readonly ms: number
  readonly files: readonly string[]
}

/** Messages on their way up: few, so that there are many breaks for each of them. */
const WINDOW = 16
const CALL_WINDOW = 8
/**
 * A connection lives for at the most so many bytes, and so many messages are on their way down. An answer to a poll must fit into a
 * connection, or none would ever get through; and the smaller the answers, the more polls there are to be broken.
 */
const PLANS: Readonly<Record<Traveller, { readonly maxBytes: number, readonly window: number }>> = {
  websocket: { maxBytes: 2_600, window: 16 },
  events: { maxBytes: 1_800, window: 16 },
  poll: { maxBytes: 2_000, window: 8 },
  changing: { maxBytes: 2_000, window: 8 }
}
const FACES: readonly FaceName[] = ['websocket', 'events', 'poll']
/** Out of reach: this is about links, not about haste. */
const NO_RATE = { messagesPerSecond: 1e9, messageBurst: 1_000_000_000 }

const Work = defineMethod({ name: 'work', params: Type.Object({ n: Type.Integer() }), result: Type.Integer() })

/** Numbered chats and calls, until everything has come or the client was told that it will not. */
export async function runChaos (t: Test, options: ChaosOptions): Promise<ChaosReport> {
  const { seed, chats, calls = 0 } = options
  const { maxBytes, window } = PLANS[options.traveller]
  const startedAt = Date.now()
  const folder = t.testdir({})
  const sides = Object.fromEntries(['client', 'peer', 'server'].map((side) => [side, new Recorder(join(folder, `${side}.jsonl`))])) as Record<'client' | 'peer' | 'server', Recorder>
  const random = createRandom(seed)
  const app = await startApp(t, NO_RATE)
  app.mse.method(Work, async ({ n }) => {
    sides.server.note('ran', 'calls', n)
    await new Promise((resolve) => { setTimeout(resolve, Math.floor(random() * 12)) }) // the method is slow: its answers meet breaks
    return n
  })
  const proxy = await new FaultProxy({ port: portOf(app), seed, maxBytes, ...(options.faults === undefined ? {} : { faults: options.faults }) }).listen()
  const told: string[] = []
  const progress = new Progress()
  const peer = await openPeer(portOf(app), (n) => {
    sides.peer.note('got', 'up', n)
    progress.made('up')
  })
  const makeClient = options.makeClient ?? ((options) => new FaceClient(options))
  const client = makeClient({
    url: `http://127.0.0.1:${proxy.port}/mse`,
    directUrl: `http://127.0.0.1:${portOf(app)}/mse`,
    token: makeToken({ userId: 'ada', roomId: 'chaos' }),
    face: faceOf(options.traveller, seed),
    respondAsync: () => options.answersInBody !== true,
    random,
    onMessage: ({ params }) => {
      sides.client.note('got', 'down', numberIn(params?.message))
      progress.made('down')
    },
    onFault: (fault) => {
      told.push(fault)
      if (fault.startsWith('reset') || fault.startsWith('not resumed')) sides.client.note('reset', fault, client.breaks)
      progress.stop()
    }
  })
  await client.start()
  const upward = async (): Promise<void> => {
    for (let n = 1; n <= chats && !progress.isStopped; n++) {
      while (client.open >= WINDOW && !progress.isStopped) await Promise.race([client.progress(), progress.stopped])
      sides.client.note('sent', 'up', n)
      client.tell('chat', { to: [], message: `up ${n}` })
    }
  }
  const downward = async (): Promise<void> => {
    for (let n = 1; n <= chats && !progress.isStopped; n++) {
      await progress.reached('down', n - window)
      sides.peer.note('sent', 'down', n)
      peer.send(JSON.stringify({ jsonrpc: '2.0', id: null, method: 'chat', params: { to: [], message: `down ${n}` } }))
    }
  }
  const calling = async (): Promise<void> => {
    for (let n = 1; n <= calls && !progress.isStopped; n++) {
      await progress.reached('answers', n - CALL_WINDOW)
      while (client.open >= WINDOW && !progress.isStopped) await Promise.race([client.progress(), progress.stopped])
      sides.client.note('called', 'calls', n)
      client.call('work', { n }).then((answer) => answered(n, answer))
    }
  }
  const answered = (n: number, { result, error }: Frame): void => {
    if (result === n) sides.client.note('answered', 'calls', n)
    else told.push(`call ${n} was answered ${JSON.stringify(error ?? result)}`)
    progress.made('answers')
  }
  await Promise.all([upward(), downward(), calling()])
  await Promise.all([progress.reached('up', chats), progress.reached('down', chats), progress.reached('answers', calls)])
  await client.stop()
  peer.terminate()
  await proxy.close()
  for (const side of Object.values(sides)) side.flush()
  const files = Object.values(sides).map(({ file }) => file)
  return {
    verdict: checkHistory(files),
    faults: told,
    breaks: proxy.breaks,
    broken: proxy.broken,
    links: client.breaks,
    ms: Date.now() - startedAt,
    files
  }
}

function faceOf (traveller: Traveller, seed: number): (life: number) => FaceName {
  if (traveller !== 'changing') return () => traveller
  const random = createRandom(seed ^ 0x5eed)
  let face: FaceName = 'websocket'
  return () => {
    const others = FACES.filter((other) => other !== face)
    face = others[Math.floor(random() * others.length)] ?? face
    return face
  }
}

/** How far each stream has come, to be waited for. */
class Progress {
  isStopped = false
  readonly stopped: Promise<void>
  readonly #counts = new Map<string, number>()
  readonly #waiting = new Set<() => void>()
  #stop = (): void => {}

  constructor () {
    this.stopped = new Promise((resolve) => { this.#stop = resolve })
  }

  made (stream: string): void {
    this.#counts.set(stream, (this.#counts.get(stream) ?? 0) + 1)
    for (const wake of this.#waiting) wake()
  }

  /** Something is lost already: nothing is waited for any more. */
  stop (): void {
    this.isStopped = true
    this.#stop()
    for (const wake of this.#waiting) wake()
  }

  async reached (stream: string, count: number): Promise<void> {
    const isThere = (): boolean => this.isStopped || (this.#counts.get(stream) ?? 0) >= count
    if (isThere()) return
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        if (!isThere()) return
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
    })
  }
}

/** Another member of the room, on a link of its own that nothing breaks. */
async function openPeer (port: number, onChat: (n: number) => void): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mse`)
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'auth', params: { token: makeToken({ userId: 'peer', roomId: 'chaos' }), version: '1.0' } })))
    socket.on('message', (data) => {
      const { id, params } = JSON.parse(String(data)) as Frame
      if (id === 1) resolve()
      else onChat(numberIn(params?.message))
    })
  })
  return socket
}

function numberIn (message: unknown): number {
  return Number(String(message).split(' ')[1])
}
