import { type NotificationId, encodeNotification } from '../protocol/codec.ts'
import type { NotificationContract, SendsOf } from '../protocol/contract.ts'
import type { Session } from './session.ts'

/** The sessions whose tokens name the same room. Only the sessions of this server object. */
export class Room {
  /** The `roomId` of its members' tokens. */
  readonly id: string
  readonly #members = new Set<Session>()
  readonly #notificationId: NotificationId

  /** @internal */
  constructor (id: string, notificationId: NotificationId) {
    this.id = id
    this.#notificationId = notificationId
  }

  /** How many sessions are in it. */
  get size (): number { return this.#members.size }
  /** In the order of joining. */
  get sessions (): Iterable<Session> { return this.#members }

  /** @internal sessions join and leave with their tokens */
  add (session: Session): void { this.#members.add(session) }
  /** @internal as `add` */
  delete (session: Session): void { this.#members.delete(session) }

  /**
   * Sends a notification to the room, serialised once.
   * @param options `users`: only to these user ids (default: everybody); `except`: not to this session
   * @returns how many sessions it went to
   * @throws TypeError when the contract is one that only clients send
   */
  notify<C extends NotificationContract> (contract: C, params: SendsOf<C>, options: NotifyOptions = {}): number {
    if (contract.direction === 'client') throw new TypeError(`"${contract.name}" is sent by clients only`)
    const users = options.users === undefined ? null : new Set(options.users)
    const text = encodeNotification(contract.name, params as object, this.#notificationId)
    let count = 0
    for (const session of this.#members) {
      if (session === options.except) continue
      if (users !== null && !users.has(session.identity?.userId ?? '')) continue
      session.sendText(text)
      count++
    }
    return count
  }
}

/** Whom a room's notification goes to. */
export interface NotifyOptions {
  /** Only to the sessions of these user ids; an empty list: to nobody. @default everybody */
  readonly users?: readonly string[]
  /** Not to this session, mostly the one that it comes from. @default none */
  readonly except?: Session
}

/** Rooms by id; a room is there while it has members. */
export class Rooms {
  readonly #rooms = new Map<string, Room>()
  readonly #notificationId: NotificationId

  constructor (notificationId: NotificationId) {
    this.#notificationId = notificationId
  }

  get size (): number { return this.#rooms.size }

  /** The room of that id; an empty one, kept by nobody, when no session is in it. */
  get (id: string): Room {
    return this.#rooms.get(id) ?? new Room(id, this.#notificationId)
  }

  join (session: Session, id: string): void {
    const room = this.get(id)
    this.#rooms.set(id, room)
    room.add(session)
  }

  leave (session: Session, id: string): void {
    const room = this.#rooms.get(id)
    room?.delete(session)
    if (room?.size === 0) this.#rooms.delete(id)
  }
}
