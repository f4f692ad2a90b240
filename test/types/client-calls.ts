/** Compiled, never run: what the types of the client infer and what they refuse. Every refusal is a line that has to be an error. */
import { Type } from '@sinclair/typebox'
import { type MseClient, type SignallingClient, createClient } from '../../lib/client/index.ts'
import { defineMethod, defineNotification } from '../../lib/protocol/index.ts'
import type { Equal, Expect } from './expect.ts'

declare const client: SignallingClient
declare const withMedia: MseClient

const Mute = defineMethod({ name: 'mute', params: Type.Object({ on: Type.Boolean(), track: Type.Optional(Type.String()) }), result: Type.Object({ muted: Type.Boolean() }) })
const Bare = defineMethod({ name: 'bare' })
const Lenient = defineMethod({ name: 'lenient', params: Type.Object({ since: Type.Optional(Type.Integer()) }), result: Type.Array(Type.String()) })
const Volume = defineNotification({ name: 'volume', params: Type.Object({ level: Type.Number() }), sends: Type.Object({ level: Type.Number(), from: Type.String() }) })

export async function infers (): Promise<unknown> {
  const muted = await client.call(Mute, { on: true })
  const bare = await client.call(Bare)
  const lenient = [await client.call(Lenient), await client.call(Lenient, {}), await client.call(Lenient, { since: 1 }, { timeoutMs: 5, signal: AbortSignal.abort() })] as const
  const whoami = await client.call('whoami')
  const [pong, started, authenticated] = [await client.call('ping'), await client.call('start', {}), await client.call('auth', { token: 't', version: '1.0' })]
  // A notification that is called is answered with null, which shows its errors.
  const told = await client.call(Volume, { level: 1 })
  const types: [
    Expect<Equal<typeof muted, { muted: boolean }>>,
    Expect<Equal<typeof bare, null>>,
    Expect<Equal<typeof lenient[0], string[]>>,
    Expect<Equal<typeof whoami.userId, string>>,
    Expect<Equal<typeof whoami.validTo, string | null>>,
    Expect<Equal<typeof pong, 'pong'>>,
    Expect<Equal<typeof started, 'started'>>,
    Expect<Equal<typeof authenticated, 'authenticated'>>,
    Expect<Equal<typeof told, null>>
  ] = [true, true, true, true, true, true, true, true, true]
  return [types, muted, bare, lenient, whoami, pong, started, authenticated, told]
}

export function notifiesAndListens (): Array<() => void> {
  client.notify(Volume, { level: 1 })
  client.notify('chat', { to: ['bob'], message: 'hi', attachment: { any: 1 } })
  client.notify('disconnect')
  return [
    client.on(Volume, (params) => { const type: Expect<Equal<typeof params, { level: number, from: string }>> = true; return type }),
    client.on('chat', ({ from, message }) => { const types: [Expect<Equal<typeof from, string | undefined>>, Expect<Equal<typeof message, string>>] = [true, true]; return types }),
    client.on('state', ({ state, retryInMs }) => { const types: [Expect<Equal<typeof state, 'connecting' | 'open' | 'reconnecting' | 'closed'>>, Expect<Equal<typeof retryInMs, number | undefined>>] = [true, true]; return types }),
    client.on('notification', ({ method, params }) => { const types: [Expect<Equal<typeof method, string>>, Expect<Equal<typeof params, unknown>>] = [true, true]; return types }),
    client.on('reset', ({ reason, uncertain }) => `${reason} ${uncertain[0]?.method}`),
    withMedia.media.on('gone', ({ userId }) => userId)
  ]
}

export async function refuses (): Promise<void> {
  // @ts-expect-error a param of the wrong type
  await client.call(Mute, { on: 1 })
  // @ts-expect-error a param is missing
  await client.call(Mute, {})
  // @ts-expect-error all of them are
  await client.call(Mute)
  // @ts-expect-error one too many
  await client.call(Mute, { on: true, off: false })
  // @ts-expect-error params where an option belongs
  await client.call(Mute, { on: true }, { on: true })
  // @ts-expect-error no time is text
  await client.call(Mute, { on: true }, { timeoutMs: '5s' })
  // @ts-expect-error the token is missing
  await client.call('auth', { version: '1.0' })
  // @ts-expect-error a result is no boolean because it has one
  const muted: boolean = await client.call(Mute, { on: true })
  // @ts-expect-error a member that the result does not have
  const { loud } = await client.call(Mute, { on: true })
  // @ts-expect-error the answer is "pong"
  const pong: 'ping' = await client.call('ping')
  // @ts-expect-error a result is promised, not there
  const userId = client.call('whoami').userId
  // @ts-expect-error a name that nobody has
  await client.call('whoareyou')
  // @ts-expect-error the name of a contract of one's own is not enough: it says nothing of the types
  await client.call('mute', { on: true })
  // @ts-expect-error a contract is not made by hand
  await client.call({ name: 'mute' }, { on: true })
  // @ts-expect-error a method has an answer that somebody has to want
  client.notify(Mute, { on: true })
  // @ts-expect-error the message is missing
  client.notify('chat', { to: [] })
  // @ts-expect-error an address is a list
  client.notify('chat', { to: 'bob', message: 'hi' })
  // @ts-expect-error the level is missing
  client.notify(Volume)
  // @ts-expect-error a listener for a number that is text
  client.on(Volume, ({ level }: { level: string }) => level)
  // @ts-expect-error a member that the server does not send
  client.on('chat', ({ text }) => text)
  // @ts-expect-error a listener with two parameters
  client.on('chat', (from: string, message: string) => from + message)
  // @ts-expect-error an event that there is not
  client.on('open', () => {})
  // @ts-expect-error a member of another event
  client.on('drain', ({ reason }) => reason)
  // @ts-expect-error an event of the media that there is not
  withMedia.media.on('track', () => {})
  // @ts-expect-error media are not there without them
  const { media } = client
  // @ts-expect-error the state is told, not set
  client.state = 'open'
  console.log(muted, loud, pong, userId, media)
}

export const made: MseClient[] = [
  createClient({ url: '/mse', getToken: () => 't' }),
  createClient({ url: '/mse', getToken: async ({ reason }) => reason, transports: ['poll'], iceServers: () => [{ urls: 'stun:example.org' }] }),
  // @ts-expect-error somebody has to give tokens
  createClient({ url: '/mse' }),
  // @ts-expect-error a token itself cannot be renewed
  createClient({ url: '/mse', getToken: 'eyJ' }),
  // @ts-expect-error a transport that there is not
  createClient({ url: '/mse', getToken: () => 't', transports: ['pigeon'] }),
  // @ts-expect-error an option that there is not
  createClient({ url: '/mse', getToken: () => 't', retries: 3 })
]
