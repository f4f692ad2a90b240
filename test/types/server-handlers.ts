/** Compiled, never run: what the types of handlers infer and what they refuse. Every refusal is a line that has to be an error. */
import { Type } from '@sinclair/typebox'
import type { MseServer } from '../../lib/core/server.ts'
import { Chat, Disconnect, defineMethod, defineNotification } from '../../lib/protocol/index.ts'
import type { ParamsOf, ResultOf, SendsOf, Whoami } from '../../lib/protocol/index.ts'
import type { Session } from '../../lib/session/session.ts'
import type { Equal, Expect } from './expect.ts'

declare const server: MseServer
declare const session: Session

const Mute = defineMethod({ name: 'mute', after: ['start'], params: Type.Object({ on: Type.Boolean(), track: Type.Optional(Type.String()) }), result: Type.Object({ muted: Type.Boolean() }) })
const Bare = defineMethod({ name: 'bare' })
const Volume = defineNotification({ name: 'volume', params: Type.Object({ level: Type.Number() }), sends: Type.Object({ level: Type.Number(), from: Type.String() }) })
const Tick = defineNotification({ name: 'tick', direction: 'server', params: Type.Object({ at: Type.Integer() }) })

export type Inferred = [
  Expect<Equal<typeof Mute.name, 'mute'>>,
  Expect<Equal<ParamsOf<typeof Mute>, { on: boolean, track?: string }>>,
  Expect<Equal<ResultOf<typeof Mute>, { muted: boolean }>>,
  Expect<Equal<ResultOf<typeof Bare>, null>>,
  Expect<Equal<ResultOf<typeof Volume>, null>>,
  Expect<Equal<ParamsOf<typeof Volume>, { level: number }>>,
  Expect<Equal<SendsOf<typeof Volume>, { level: number, from: string }>>,
  Expect<Equal<SendsOf<typeof Tick>, { at: number }>>,
  Expect<Equal<ResultOf<typeof Whoami>['validTo'], string | null>>,
  Expect<Equal<SendsOf<typeof Chat>['from'], string | undefined>>
]

server.method(Mute, ({ on, track }, { id, session, contract }) => {
  const types: [Expect<Equal<typeof on, boolean>>, Expect<Equal<typeof track, string | undefined>>, Expect<Equal<typeof id, string | number | null>>, Expect<Equal<typeof contract, typeof Mute>>] = [true, true, true, true]
  return { muted: on && types.length > 0 && session.identity?.userId !== 'ada' }
})
server.method(Mute, async ({ on }) => ({ muted: on }))
server.method(Bare, () => null)
server.method(Volume, ({ level }) => { session.notify(Volume, { level, from: 'ada' }) })
server.method(Volume, async () => {})
server.use((call, next) => call.session.identity === null ? null : next())
session.notify(Chat, { to: [], message: 'x' })
session.notify(Tick, { at: 1 })
server.room('r1').notify(Chat, { to: [], message: 'x', attachment: { any: 1 } }, { users: ['bob'], except: session })
server.on('authenticated', ({ refresh, identity }) => { const types: [Expect<Equal<typeof refresh, boolean>>, Expect<Equal<typeof identity.userId, string>>] = [true, true]; return types })

// @ts-expect-error a param of the wrong type
server.method(Mute, ({ on }: { on: number }) => ({ muted: on > 0 }))
// @ts-expect-error a param that is not there
server.method(Mute, ({ off }) => ({ muted: off }))
// @ts-expect-error a result of the wrong type
server.method(Mute, ({ on }) => on)
// @ts-expect-error a result without its member
server.method(Mute, () => ({}))
// @ts-expect-error a promise of the wrong result
server.method(Mute, async ({ on }) => ({ muted: String(on) }))
// @ts-expect-error no result where one is promised
server.method(Mute, () => {})
// @ts-expect-error a result where there is none
server.method(Bare, () => 'done')
// @ts-expect-error a request is not notified
session.notify(Mute, { on: true })
// @ts-expect-error nor to a room
server.room('r1').notify(Mute, { on: true })
// @ts-expect-error what the client sends is not what the server sends
session.notify(Volume, { level: 1 })
// @ts-expect-error wrong params to a room
server.room('r1').notify(Chat, { to: 'bob', message: 'x' })
// @ts-expect-error wrong params to a session
session.notify(Tick, { at: 'noon' })
// @ts-expect-error a notification that the server sends without its params
session.notify(Chat)
// @ts-expect-error a contract is not made by hand
server.method({ name: 'mute' }, () => null)
// @ts-expect-error a result belongs to a method
defineNotification({ name: 'n', result: Type.Null() })
// @ts-expect-error a direction belongs to a notification
defineMethod({ name: 'm', direction: 'client' })
// @ts-expect-error an access that there is not
defineMethod({ name: 'm', access: 'admin' })
// @ts-expect-error an environment that there is not
defineMethod({ name: 'm', environment: 'staging' })
// @ts-expect-error params are a schema
defineMethod({ name: 'm', params: { on: 'boolean' } })
// @ts-expect-error an event that there is not
server.on('left', () => {})
// @ts-expect-error a listener of another event
server.on('ended', ({ refresh }) => refresh)
// @ts-expect-error the record's identity is not written by handlers of a session
session.identity = null
// @ts-expect-error contracts are read only
Disconnect.name = 'bye'
