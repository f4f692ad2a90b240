/** More is held for clients that do not read than there is memory: the process, and whoever does read, goes on. */
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { Program } from '../bin/program.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'

const HEAP_MB = 64
/** Twice as much as the heap, in what a single session may hold. */
const PAIRS = 160
const CHATS = 4
const CHAT = 'x'.repeat(200_000)

interface Frame { readonly id?: number, readonly result?: unknown, readonly method?: string }

/** A WebSocket that waits for the answer of each call. */
async function join (port: string, userId: string, roomId: string): Promise<{ readonly socket: WebSocket, call (method: string, params?: object): Promise<Frame> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mse`, ['mse.v1.resume'])
  const waiting = new Map<number, (frame: Frame) => void>()
  let lastId = 0
  socket.on('error', () => {}).on('message', (data) => {
    const frame = JSON.parse(String(data)) as Frame
    if (frame.id !== undefined) waiting.get(frame.id)?.(frame)
  })
  const call = async (method: string, params: object = {}): Promise<Frame> => {
    const frame = await new Promise<Frame>((resolve, reject) => {
      waiting.set(++lastId, resolve)
      socket.once('close', () => reject(new Error('closed')))
      socket.send(JSON.stringify({ id: lastId, method, params, jsonrpc: '2.0' }))
    })
    socket.removeAllListeners('close')
    if (!('result' in frame)) throw new Error(JSON.stringify(frame))
    return frame
  }
  await once(socket, 'open')
  await call('auth', { token: makeToken({ userId, roomId }), version: '1.0' })
  return { socket, call }
}

t.test('slow readers are ended before the heap is full, and others do not notice', async (t) => {
  const program = new Program('bin/mse.js', ['serve', '--env', 'production', '--engine', 'none', '--port', '0'], { MSE_SECRET: TEST_SECRET, NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` })
  t.teardown(() => program.stop())
  const [, port = ''] = await program.match(/http:\/\/127\.0\.0\.1:(\d+)/)
  const good = await join(port, 'good', 'good')
  const sockets: WebSocket[] = []
  t.teardown(() => { for (const socket of sockets) socket.terminate() })
  for (let pair = 0; pair < PAIRS; pair++) {
    const [reader, talker] = [await join(port, `reader-${pair}`, `pair-${pair}`), await join(port, `talker-${pair}`, `pair-${pair}`)]
    sockets.push(reader.socket, talker.socket)
    reader.socket.pause()
    for (let chat = 0; chat < CHATS; chat++) await talker.call('chat', { to: [], message: CHAT })
    await good.call('ping')
  }
  t.match(await good.call('ping'), { result: 'pong' })
  good.socket.terminate()
  const said = program.stdout.split('\n').filter((line) => line.includes('memory is short'))
  t.ok(said.length > 0, `${said.length} times`)
  for (const line of said) t.ok((JSON.parse(line) as { sessions: number }).sessions > 0, line)
})
