// What is called in core-process.js. Each gives `call`, which answers one text; `isAsync` when it returns a promise.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'

const PING = Buffer.from('{"id":1,"method":"ping","jsonrpc":"2.0"}')
const ADD = Buffer.from('{"id":1,"method":"add","jsonrpc":"2.0","params":{"a":1,"b":2}}')
const NOTE = Buffer.from('{"id":null,"method":"note","jsonrpc":"2.0","params":{"a":1,"b":2}}')

/** A link that takes everything, like a socket whose peer reads. */
const nowhere = () => ({ kind: 'memory', acknowledges: true, isResumable: false, bufferedBytes: 0, frames: 0, send () { this.frames++ }, control () {}, close () {} })

/** A session of ours that has authenticated, on a link to nowhere. */
async function ours (text) {
  const { createMse } = await import('../../dist/lib/testing/index.js')
  const { defineMethod, defineNotification } = await import('../../dist/index.js')
  const server = createMse({
    authenticate: async () => ({ userId: 'one', roomId: 'room', role: 'user', domain: null, agent: null, issuedAt: null, notBefore: null, expiresAt: null }),
    limits: { messagesPerSecond: 1e9, messageBurst: 1e9 }
  })
  const params = Type.Object({ a: Type.Number(), b: Type.Number() })
  let noted = 0
  server.method(defineMethod({ name: 'add', params, result: Type.Object({ sum: Type.Number() }) }), ({ a, b }) => ({ sum: a + b }))
  server.method(defineNotification({ name: 'note', params }), () => { noted++ })
  const link = nowhere()
  const session = server.open(link, '127.0.0.1')
  await session.call('{"id":0,"method":"auth","jsonrpc":"2.0","params":{"token":"any","version":"1.0"}}')
  // The lane is free a turn after the answer.
  await nextTurn()
  if (session.id === '') throw new Error('not authenticated')
  check(() => session.receive(text), () => link.frames + noted)
  return { isAsync: false, call: () => session.receive(text) }
}

/** What is measured must do what it says. */
function check (call, count) {
  const before = count()
  call()
  if (count() !== before + 1) throw new Error('the call had no effect')
}

export const CORE_SUBJECTS = {
  ping: () => ours(PING),
  add: () => ours(ADD),
  notification: () => ours(NOTE),

  json: async () => ({
    isAsync: false,
    call: () => JSON.stringify({ id: JSON.parse(PING.toString()).id, jsonrpc: '2.0', result: 'pong' })
  }),

  'json-rpc-2.0': async () => {
    const { JSONRPCServer } = await import('json-rpc-2.0')
    const server = new JSONRPCServer()
    server.addMethod('ping', () => 'pong')
    return { isAsync: true, call: async () => JSON.stringify(await server.receiveJSON(PING.toString())) }
  },

  jayson: async () => {
    const { default: jayson } = await import('jayson')
    const server = jayson.Server({ ping: (_params, done) => done(null, 'pong') })
    const call = () => new Promise((resolve) => server.call(PING.toString(), (error, answer) => resolve(JSON.stringify(error ?? answer))))
    return { isAsync: true, call }
  }
}
