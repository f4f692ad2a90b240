/** One object per method: the wire check, the handler's types, the client's types and the documents all come from it. */
import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox'

/** Who may call: everybody, or sessions whose `auth` succeeded. */
export type Access = 'public' | 'authenticated'

/** Who sends a notification: the client, the server, or both. */
export type Direction = 'client' | 'server' | 'both'

interface CommonContract<Name extends string, Params extends TSchema> {
  /** What is written in `method`. */
  readonly name: Name
  /** What the client sends in `params`. */
  readonly params: Params
  /** Who may call. */
  readonly access: Access
  /** The roles that may call; empty: every role. */
  readonly roles: readonly string[]
  /** Methods that must have succeeded on the session, in the order in which a client is told of them. */
  readonly after: readonly string[]
  /** The one environment in which the method exists; null: everywhere. */
  readonly environment: 'development' | null
  /** Does it still work between the token's end and the end of the grace? */
  readonly grace: boolean
}

/** A call that is answered. */
export interface MethodContract<Name extends string = string, Params extends TSchema = TSchema, Result extends TSchema = TSchema>
  extends CommonContract<Name, Params> {
  /** Tells it from notifications. */
  readonly kind: 'request'
  /** What the server answers in `result`. It is not checked at run time. */
  readonly result: Result
}

/** A call that is never answered. Sent with an id it is a request whose result is null, which shows its errors. */
export interface NotificationContract<
  Name extends string = string, Params extends TSchema = TSchema, Sends extends TSchema = TSchema, Sender extends Direction = Direction
> extends CommonContract<Name, Params> {
  /** Tells it from methods that are answered. */
  readonly kind: 'notification'
  /** Who sends it. */
  readonly direction: Sender
  /** What the server sends in `params`. */
  readonly sends: Sends
}

/** Any contract. */
export type Contract = MethodContract | NotificationContract

/** The params of a contract as its handler gets them. */
export type ParamsOf<C extends Contract> = Static<C['params']>
/** The result of a contract; null for a notification. */
export type ResultOf<C extends Contract> = C extends MethodContract<string, TSchema, infer R> ? Static<R> : null
/** What the server may send under a notification's name. */
export type SendsOf<C extends NotificationContract> = Static<C['sends']>

interface CommonDefinition<Name extends string, Params extends TSchema> {
  /** 1..128 characters. `rpc.` and `$/` are reserved as beginnings. */
  readonly name: Name
  /** A TypeBox schema of an object. @default an object with anything in it */
  readonly params?: Params
  /** @default 'authenticated' */
  readonly access?: Access
  /** The roles that may call. @default every role */
  readonly roles?: readonly string[]
  /** Methods that must have succeeded before. @default none */
  readonly after?: readonly string[]
  /** The one environment in which the method exists; elsewhere it is -32601 like an unknown one. @default everywhere */
  readonly environment?: 'development'
  /** Does it still work between the token's end and the end of the grace? @default false */
  readonly grace?: boolean
}

/** What {@link defineMethod} takes. */
export interface MethodDefinition<Name extends string, Params extends TSchema, Result extends TSchema> extends CommonDefinition<Name, Params> {
  /** A TypeBox schema of the result, for the types of handlers and clients; it is not checked at run time. @default null */
  readonly result?: Result
}

/** What {@link defineNotification} takes. */
export interface NotificationDefinition<
  Name extends string, Params extends TSchema, Sends extends TSchema, Sender extends Direction = Direction
> extends CommonDefinition<Name, Params> {
  /** Who sends it. @default 'both' */
  readonly direction?: Sender
  /** What the server sends, where that differs from what the client sends. @default `params` */
  readonly sends?: Sends
}

/** The schema of params that may be any object, and absent. */
export type AnyObject = TObject<Record<never, never>>
const anyObject: AnyObject = Type.Object({})

/**
 * Defines a method that is answered.
 * @example const Mute = defineMethod({ name: 'mute', after: ['start'], params: Type.Object({ on: Type.Boolean() }), result: Type.Boolean() })
 * @throws TypeError for a reserved or malformed name
 */
export function defineMethod<const Name extends string, Params extends TSchema = AnyObject, Result extends TSchema = ReturnType<typeof Type.Null>> (
  definition: MethodDefinition<Name, Params, Result>
): MethodContract<Name, Params, Result> {
  return { ...common(definition), kind: 'request', result: definition.result ?? Type.Null() as unknown as Result }
}

/**
 * Defines a notification. The server sends it with `session.notify` or `room.notify`, a client's is handled like a method.
 * @throws TypeError for a reserved or malformed name
 */
export function defineNotification<
  const Name extends string, Params extends TSchema = AnyObject, Sends extends TSchema = Params, const Sender extends Direction = 'both'
> (
  definition: NotificationDefinition<Name, Params, Sends, Sender>
): NotificationContract<Name, Params, Sends, Sender> {
  const shared = common(definition)
  return {
    ...shared,
    kind: 'notification',
    direction: definition.direction ?? 'both' as Sender,
    sends: definition.sends ?? shared.params as unknown as Sends
  }
}

function common<Name extends string, Params extends TSchema> (definition: CommonDefinition<Name, Params>): CommonContract<Name, Params> {
  checkName(definition.name)
  return {
    name: definition.name,
    params: definition.params ?? anyObject as unknown as Params,
    access: definition.access ?? 'authenticated',
    roles: definition.roles ?? [],
    after: definition.after ?? [],
    environment: definition.environment ?? null,
    grace: definition.grace ?? false
  }
}

function checkName (name: string): void {
  if (name.length < 1 || name.length > 128) throw new TypeError(`a method's name has 1 to 128 characters, not ${name.length}`)
  if (name.startsWith('rpc.')) throw new TypeError(`"${name}": names that start with "rpc." are reserved by JSON-RPC 2.0`)
  if (name.startsWith('$/')) throw new TypeError(`"${name}": names that start with "$/" are reserved for the transport`)
}
