/** A client whose author has read the README of mse-proto-server 0.2.0 and nothing else: its texts are sent and compared letter by letter. */
import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { RecordingEngine } from '../../lib/testing/recording-engine.ts'
import { join, portOf, startApp } from '../helpers/websocket-client.ts'
import { makeToken } from '../helpers/tokens.ts'

const same = (text: string): unknown => JSON.parse(text)

t.test('has the whole conversation of the README', async (t) => {
  const engine = new RecordingEngine()
  const app = await startApp(t, { engine, environment: 'development' })
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}/mse`)
  const frames: string[] = []
  let wake = (): void => {}
  socket.on('message', (data: Buffer) => {
    frames.push(data.toString())
    wake()
  })
  const next = async (): Promise<unknown> => {
    while (frames.length === 0) await new Promise<void>((resolve) => { wake = resolve })
    return same(frames.shift() ?? '')
  }
  const ask = (text: string): Promise<unknown> => {
    socket.send(text)
    return next()
  }
  await once(socket, 'open')

  t.strictSame(await ask('{\n  "id": 1,\n  "method": "ping",\n  "jsonrpc": "2.0"\n}'), same('{"id":1,"result":"pong","jsonrpc":"2.0"}'))
  t.strictSame(await ask('{ "id": 3, "method": "start", "jsonrpc": "2.0" }'), same('{"id":3,"jsonrpc":"2.0","error":{"code":-5001,"message":"Unauthorized Access"}}'))
  t.strictSame(await ask('{ "id": 2, "method": "auth", "jsonrpc": "2.0", "params": { "token": "appropriate jwt token", "version": "1.0" } }'),
    same('{"id":2,"jsonrpc":"2.0","error":{"code":-4001,"message":"Authorization Failed"}}'))
  t.strictSame(await ask(`{ "id": 2, "method": "auth", "jsonrpc": "2.0", "params": { "token": "${makeToken({ domain: 'domain', agent: 'web' })}", "version": "1.0" } }`),
    same('{"id":2,"jsonrpc":"2.0","result":"authenticated"}'))
  t.strictSame(await ask('{ "id": 9, "method": "sdpOffer", "jsonrpc": "2.0", "params": { "offer": "sdp offer value" } }'),
    same('{"id":9,"jsonrpc":"2.0","error":{"code":-6001,"message":"Invalid Call Order","data":{"required":"start"}}}'))
  t.strictSame(await ask('{ "id": 3, "method": "start", "jsonrpc": "2.0" }'), same('{"id":3,"jsonrpc":"2.0","result":"started"}'))
  t.match(await ask('{ "id": 4, "method": "whoami", "jsonrpc": "2.0" }'), {
    id: 4,
    jsonrpc: '2.0',
    result: { domain: 'domain', agent: 'web', role: 'user', userId: 'ada', roomId: 'lobby', ipAddress: '127.0.0.1', tokenIssued: /Z$/, validFrom: null, validTo: /Z$/ }
  })

  socket.send('{ "id": null, "method": "sdpOffer", "jsonrpc": "2.0", "params": { "offer": "sdp offer value" } }')
  socket.send('{ "id": null, "method": "iceCandidate", "jsonrpc": "2.0", "params": { "candidate": "ice candidate value" } }')
  t.match(await ask('{ "id": 1, "method": "ping", "jsonrpc": "2.0" }'), { result: 'pong' }, 'neither is answered')
  t.match(engine.peers, [{ descriptions: [{ sdp: 'sdp offer value' }], candidates: [{ candidate: 'ice candidate value' }] }])
  engine.peers[0]?.context.sendDescription({ type: 'answer', sdp: 'sdp offer value' })
  t.strictSame(await next(), same('{"id":null,"method":"sdpOffer","jsonrpc":"2.0","params":{"offer":"sdp offer value"}}'))
  engine.peers[0]?.context.sendCandidate({ candidate: 'ice candidate value' })
  t.strictSame(await next(), same('{"id":null,"method":"iceCandidate","jsonrpc":"2.0","params":{"candidate":"ice candidate value"}}'))

  const bob = await join(app, { userId: 'bob' })
  socket.send('{ "id": null, "method": "chat", "jsonrpc": "2.0", "params": { "to": [], "message": "message", "attachment": "object" } }')
  t.strictSame(await bob.next(), same('{"id":null,"method":"chat","jsonrpc":"2.0","params":{"to":[],"message":"message","attachment":"object","from":"ada"}}'))
  bob.send('{ "id": null, "method": "chat", "jsonrpc": "2.0", "params": { "to": [], "message": "message", "attachment": "object" } }')
  t.strictSame(await next(), same('{"id":null,"method":"chat","jsonrpc":"2.0","params":{"to":[],"message":"message","attachment":"object","from":"bob"}}'))

  t.strictSame(await ask('{ "id": 1'), same('{"id":null,"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"}}'))
  t.strictSame(await ask('{ "id": 1 }'), same('{"id":1,"jsonrpc":"2.0","error":{"code":-1001,"message":"Invalid json rpc 2.0 object"}}'))
  t.strictSame(await ask('"text"'), same('{"id":null,"jsonrpc":"2.0","error":{"code":-1001,"message":"Invalid json rpc 2.0 object"}}'))
  t.strictSame(await ask('{ "id": "related request id", "method": "none", "jsonrpc": "2.0" }'),
    same('{"id":"related request id","jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"}}'))
  t.match(await ask('{ "id": "related request id", "method": "auth", "jsonrpc": "2.0" }'),
    same('{"id":"related request id","jsonrpc":"2.0","error":{"code":-32602,"message":"Invalid params"}}') as object)

  socket.send('{ "id": null, "method": "disconnect", "jsonrpc": "2.0" }')
  const [code] = await once(socket, 'close') as [number]
  t.equal(code, 1000)
  t.strictSame(frames, [])
})
