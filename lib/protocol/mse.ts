/** The contract of every MSE 1.0 method: the only list of names. Source: the seed's messages, PROTOCOL.md section 1. */
import { type TSchema, Type } from '@sinclair/typebox'
import { type MethodContract, type NotificationContract, defineMethod, defineNotification } from './contract.ts'

/** The protocol versions that `auth` accepts. */
export const PROTOCOL_VERSIONS: readonly string[] = ['1.0']

const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>> (schema: T) => Type.Union([schema, Type.Null()])

/** A session description: a bare SDP text as in the seed, or the object that browsers speak. */
export const SdpDescription = Type.Union([
  Type.String({ minLength: 1 }),
  Type.Object({
    /** Which side it is from. It alone says which of a client's connections it belongs to. */
    type: Type.Union([Type.Literal('offer'), Type.Literal('answer')]),
    /** RFC 8866, as browsers write it. */
    sdp: Type.String({ minLength: 1 })
  })
])

/** A candidate: a bare candidate line as in the seed, or an `RTCIceCandidateInit`. Empty: no more candidates. */
export const IceCandidateInit = Type.Union([
  Type.String(),
  Type.Object({
    /** A candidate line without its `a=` (RFC 8839, 5.1). */
    candidate: Type.String(),
    /** The `a=mid` of the media section that it is for. */
    sdpMid: Type.Optional(nullable(Type.String())),
    /** The place of that section in the description, from 0. */
    sdpMLineIndex: Type.Optional(nullable(Type.Integer({ minimum: 0 }))),
    /** The `a=ice-ufrag` of the description that it belongs to. */
    usernameFragment: Type.Optional(nullable(Type.String()))
  })
])

/** Is the server there? Also a heartbeat. Without params; the result is `"pong"`. */
export const Ping = defineMethod({ name: 'ping', access: 'public', grace: true, result: Type.Literal('pong') })

/** Presents a token; again on a live session it is a token refresh. Params: `{ token, version: '1.0' }`; the result is `"authenticated"`. */
export const Auth = defineMethod({
  name: 'auth',
  access: 'public',
  grace: true,
  params: Type.Object({
    /** A JWT. */
    token: Type.String(),
    /** The protocol version that the client speaks: `"1.0"`. */
    version: Type.String()
  }),
  result: Type.Literal('authenticated')
})

/** Starts the video service; answered when the media engine has really taken the session. Without params; the result is `"started"`. */
export const Start = defineMethod({ name: 'start', after: ['auth'], result: Type.Literal('started') })

/**
 * The identity as the server sees it, in development only. Without params; the result is
 * `{ domain, agent, role, userId, roomId, ipAddress, tokenIssued, validFrom, validTo }`: dates are ISO 8601, and what the token does not say is null.
 */
export const Whoami = defineMethod({
  name: 'whoami',
  after: ['auth'],
  environment: 'development',
  result: Type.Object({
    /** The token's `domain`. */
    domain: nullable(Type.String()),
    /** `web` or `mobile`. */
    agent: nullable(Type.String()),
    /** `user` (also when the token names none), `admin` or `super`. */
    role: Type.String(),
    /** The token's `userId`, or its `sub`. */
    userId: Type.String(),
    /** The room that the token is for. */
    roomId: Type.String(),
    /** The client's address as the application knows it (Fastify's `request.ip`). */
    ipAddress: Type.String(),
    /** ISO 8601, from `iat`. */
    tokenIssued: nullable(Type.String()),
    /** ISO 8601, from `nbf`. */
    validFrom: nullable(Type.String()),
    /** ISO 8601, from `exp`. */
    validTo: nullable(Type.String())
  })
})

/** A session description, an offer or an answer, either way. There is no `sdpAnswer`. Params: `{ offer }`, a {@link SdpDescription}. */
export const SdpOffer = defineNotification({
  name: 'sdpOffer',
  after: ['auth', 'start'],
  params: Type.Object({
    /** An offer or an answer. */
    offer: SdpDescription
  })
})

/** A candidate, either way. Params: `{ candidate }`, an {@link IceCandidateInit}. */
export const IceCandidate = defineNotification({
  name: 'iceCandidate',
  after: ['auth', 'start'],
  params: Type.Object({
    /** Empty: no more will come. */
    candidate: IceCandidateInit
  })
})

const chatParams = {
  /** User ids in the sender's room; empty: everyone else there. */
  to: Type.Array(Type.String()),
  /** The text. */
  message: Type.String(),
  /** Any JSON value, delivered as it was sent. */
  attachment: Type.Optional(Type.Unknown())
}

/**
 * A text to everyone else in the room (`to` empty) or to some of its users. Params: `{ to, message, attachment? }`, from the server with the sender's
 * user id in `from`.
 */
export const Chat = defineNotification({
  name: 'chat',
  after: ['auth'],
  params: Type.Object(chatParams),
  sends: Type.Object({
    ...chatParams,
    /** The sender's user id; absent when the server itself speaks. */
    from: Type.Optional(Type.String())
  })
})

/** Ends the session; the server closes the link with 1000. Without params. */
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
export type MseMethod = Extract<MseContract, MethodContract>
/** The contract of what the server sends by itself. */
export type MseServerNotification = Extract<MseContract, NotificationContract<string, TSchema, TSchema, 'server' | 'both'>>
