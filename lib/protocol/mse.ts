/** The contract of every MSE 1.0 method: the only list of names. Source: the seed's messages, PROTOCOL.md section 1. */
import { Type } from '@sinclair/typebox'
import { defineMethod, defineNotification } from './contract.ts'

/** The protocol versions that `auth` accepts. */
export const PROTOCOL_VERSIONS: readonly string[] = ['1.0']

const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>> (schema: T) => Type.Union([schema, Type.Null()])

/** A session description: a bare SDP text as in the seed, or the object that browsers speak. */
export const SdpDescription = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Object({ type: Type.Union([Type.Literal('offer'), Type.Literal('answer')]), sdp: Type.String({ minLength: 1 }) })
])

/** A candidate: a bare candidate line as in the seed, or an `RTCIceCandidateInit`. Empty: no more candidates. */
export const IceCandidateInit = Type.Union([
  Type.String(),
  Type.Object({
    candidate: Type.String(),
    sdpMid: Type.Optional(nullable(Type.String())),
    sdpMLineIndex: Type.Optional(nullable(Type.Integer({ minimum: 0 }))),
    usernameFragment: Type.Optional(nullable(Type.String()))
  })
])

/** Is the server there? Also a heartbeat. */
export const Ping = defineMethod({ name: 'ping', access: 'public', grace: true, result: Type.Literal('pong') })

/** Presents a token; again on a live session it is a token refresh. */
export const Auth = defineMethod({
  name: 'auth',
  access: 'public',
  grace: true,
  params: Type.Object({ token: Type.String(), version: Type.String() }),
  result: Type.Literal('authenticated')
})

/** Starts the video service; answered when the media engine has really taken the session. */
export const Start = defineMethod({ name: 'start', after: ['auth'], result: Type.Literal('started') })

/** The identity as the server sees it; dates are ISO 8601 or null when the token has none. */
export const Whoami = defineMethod({
  name: 'whoami',
  after: ['auth'],
  environment: 'development',
  result: Type.Object({
    domain: nullable(Type.String()),
    agent: nullable(Type.String()),
    role: Type.String(),
    userId: Type.String(),
    roomId: Type.String(),
    ipAddress: Type.String(),
    tokenIssued: nullable(Type.String()),
    validFrom: nullable(Type.String()),
    validTo: nullable(Type.String())
  })
})

/** A session description, an offer or an answer, either way. There is no `sdpAnswer`. */
export const SdpOffer = defineNotification({ name: 'sdpOffer', after: ['auth', 'start'], params: Type.Object({ offer: SdpDescription }) })

/** A candidate, either way. */
export const IceCandidate = defineNotification({ name: 'iceCandidate', after: ['auth', 'start'], params: Type.Object({ candidate: IceCandidateInit }) })

const chatParams = { to: Type.Array(Type.String()), message: Type.String(), attachment: Type.Optional(Type.Unknown()) }

/** A text to everyone else in the room (`to` empty) or to some of its users; from the server with the sender in `from`. */
export const Chat = defineNotification({
  name: 'chat',
  after: ['auth'],
  params: Type.Object(chatParams),
  sends: Type.Object({ ...chatParams, from: Type.Optional(Type.String()) })
})

/** Ends the session; the server closes the link with 1000. */
export const Disconnect = defineNotification({ name: 'disconnect', direction: 'client', grace: true })

/** Every method of MSE 1.0, in the order of the seed. */
export const MSE_CONTRACTS = [Ping, Auth, Start, Whoami, SdpOffer, IceCandidate, Chat, Disconnect] as const

/** The methods of MSE 1.0 that are answered. */
export const MSE_METHODS = MSE_CONTRACTS.filter((contract) => contract.kind === 'request')

/** What a server of MSE 1.0 sends by itself. */
export const MSE_SERVER_NOTIFICATIONS = MSE_CONTRACTS.filter((contract) => contract.kind === 'notification' && contract.direction !== 'client')

/** Any contract of MSE 1.0. */
export type MseContract = typeof MSE_CONTRACTS[number]
/** The contract of a method that is answered. */
export type MseMethod = typeof MSE_METHODS[number]
/** The contract of what the server sends by itself. */
export type MseServerNotification = typeof MSE_SERVER_NOTIFICATIONS[number]
