/** The same server behind each face, asked one text at a time: what is told apart here must not be. */
import { isUtf8 } from 'node:buffer'
import { Type } from '@sinclair/typebox'
import type { Test } from 'tap'
import { defineMethod } from '../../../index.ts'
import type { Client } from '../../matrix/client.ts'
import { type Transport, type World, openWorld } from '../../matrix/harness.ts'
import { websocketWire } from '../../matrix/wires.ts'

/** What comes back for one text: the answer as it stands on the wire, empty for none. */
export interface Face {
  readonly name: string
  ask (input: string | Uint8Array): Promise<string>
}

/** Texts of every size, as many as wanted: this is about the parser. */
const MAX_BYTES = 1_048_576
const LIMITS = { messagesPerSecond: 1e9, messageBurst: 1e9, maxMessageBytes: MAX_BYTES, maxUnauthenticatedMessageBytes: MAX_BYTES }

/** Gives back what it gets. */
const Echo = defineMethod({ name: 'echo', access: 'public', params: Type.Object({ value: Type.Unknown() }), result: Type.Unknown() })

/** A call of that method as text. */
export function echoCall (input: string | Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('{"id":1,"method":"echo","jsonrpc":"2.0","params":{"value":'), Buffer.from(input as string), Buffer.from('}}')])
}

/** Its answer. */
export function echoAnswer (value: string): string {
  return `{"id":1,"jsonrpc":"2.0","result":${value}}`
}

/** A server of its own for WebSocket (as text frames and as binary ones), POST and memory. */
export async function openFaces (t: Test): Promise<Face[]> {
  const [socket, binary, post, memory] = await Promise.all([openEcho(t, 'websocket'), openEcho(t, 'websocket'), openEcho(t, 'post'), openEcho(t, 'memory')])
  const [texts, bytes, frames] = await Promise.all([socket.open(), binary.open(), memory.open()])
  return [
    { name: 'WebSocket', ask: (input) => isUtf8(Buffer.from(input as string)) ? askLink(texts, Buffer.from(input as string).toString()) : closeOf(socket, input) },
    { name: 'WebSocket in binary', ask: (input) => askLink(bytes, Buffer.from(input as string)) },
    { name: 'POST', ask: (input) => askPost(`${post.url}/mse`, input) },
    { name: 'memory', ask: (input) => askLink(frames, Buffer.from(input as string)) }
  ]
}

async function openEcho (t: Test, transport: Transport): Promise<World> {
  const world = await openWorld(t, transport, { limits: LIMITS })
  world.mse.method(Echo, ({ value }) => value)
  return world
}

let marks = 0

/** Everything that comes before the answer to a ping that is sent behind the text. */
async function askLink (client: Client, input: string | Uint8Array): Promise<string> {
  const id = `mark ${++marks}`
  client.send(input)
  client.send({ id, method: 'ping', jsonrpc: '2.0' })
  const answers: string[] = []
  for (;;) {
    const text = await client.nextText()
    if (text === `{"id":"${id}","jsonrpc":"2.0","result":"pong"}`) return answers.join('\n')
    answers.push(text)
  }
}

async function askPost (url: string, input: string | Uint8Array): Promise<string> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: Buffer.from(input as string) })
  return response.text()
}

/** Bytes that are no text, in a text frame: RFC 6455, section 8.1. */
async function closeOf ({ url }: World, input: string | Uint8Array): Promise<string> {
  const wire = await websocketWire(`${url.replace('http', 'ws')}/mse`)
  wire.socket.send(input, { binary: false })
  return `closed with ${await wire.closed}`
}
