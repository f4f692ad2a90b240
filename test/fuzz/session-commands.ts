/** What may happen to a session, each done to the model and to a real one, which have to look alike after it. */
import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import type { MemoryClient, MemoryWorld } from '../faces/memory-world.ts'
import type { Session } from '../../lib/session/session.ts'
import type { Message, SessionModel, Text } from './session-model.ts'

/** The real thing. */
export interface Real {
  readonly world: MemoryWorld
  readonly session: Session
  /** What the handlers have seen. */
  readonly ran: string[]
  readonly answers: Map<number, string>
  /** The link that carries the session, or did last, and how many of its frames are no messages of the session. */
  current: { readonly client: MemoryClient, readonly before: number }
  /** Those before it. */
  readonly older: MemoryClient[]
  nextTag: number
}

/** Where a command finds numbers that its generator cannot know: as a share of what there is. */
type Share = number

export type Command = fc.AsyncCommand<SessionModel, Real>

type Possible = (model: Pick<SessionModel, 'isHeld' | 'slowCalls'>) => boolean

/** Runs on both, and compares. */
class Step implements Command {
  readonly #name: string
  readonly #isPossible: Possible
  readonly #run: (model: SessionModel, real: Real) => void

  constructor (name: string, run: (model: SessionModel, real: Real) => void, isPossible: Possible = () => true) {
    this.#name = name
    this.#run = run
    this.#isPossible = isPossible
  }

  check (model: Parameters<Possible>[0]): boolean {
    return this.#isPossible(model)
  }

  async run (model: SessionModel, real: Real): Promise<void> {
    this.#run(model, real)
    await new Promise(setImmediate)
    deepStrictEqual(lookOf(real), wantedOf(model))
  }

  toString (): string {
    return this.#name
  }
}

interface Look {
  readonly ran: readonly string[]
  readonly frames: readonly string[]
  readonly closed: number | null
  readonly received: number | null
  readonly numbers: readonly number[] | null
  readonly isEnded: boolean
  readonly answers: ReadonlyArray<readonly [number, string]>
}

function wantedOf (model: SessionModel): Look {
  const { ran, frames, closed, received, isEnded, answers, dropped, top } = model
  return { ran, frames, closed, received: isEnded ? null : received, numbers: isEnded ? null : [dropped, top], isEnded, answers: sorted(answers) }
}

function lookOf ({ current, ran, session, answers }: Real): Look {
  const { record, ended } = session
  const isEnded = ended !== null
  return {
    ran,
    frames: current.client.link.frames.slice(current.before).map(brief),
    closed: current.client.link.closed?.code ?? null,
    received: isEnded ? null : record.inbox.received,
    numbers: isEnded ? null : [record.outbox.dropped, record.outbox.top],
    isEnded,
    answers: sorted(answers)
  }
}

const sorted = (answers: ReadonlyMap<number, string>): Array<[number, string]> => [...answers].sort(([a], [b]) => a - b)

interface Answer { readonly id?: number | null, readonly method?: string, readonly result?: unknown, readonly error?: { readonly code: number }, readonly params?: { readonly message?: string } }

/** A frame in the words of the model. */
function brief (text: string): string {
  const value = JSON.parse(text) as Answer | Answer[]
  return Array.isArray(value) ? `[${value.map(briefOne).join()}]` : briefOne(value)
}

function briefOne ({ id, method, result, error, params }: Answer): string {
  if (method !== undefined) return `${method} ${params?.message}`
  return `${id} ${error?.code ?? result}`
}

/** Methods as the messages of the model are sent. */
const METHODS = { tell: 'note', call: 'note', slow: 'hold', unknown: 'nobody', disconnect: 'disconnect' } as const

function textOf (text: Text): string {
  return Array.isArray(text) ? `[${text.map(writeOne).join()}]` : writeOne(text as Message)
}

function writeOne (message: Message): string {
  if (message.kind === 'garbage') return '5'
  const params = 'n' in message ? { n: message.n } : {}
  const id = message.kind === 'tell' || message.kind === 'disconnect' ? null : 'n' in message ? message.n : null
  return JSON.stringify({ jsonrpc: '2.0', id, method: METHODS[message.kind], params })
}

const at = <T> (values: readonly T[], share: Share): T => values[Math.floor(share * values.length)] as T
const share = fc.integer({ min: 0, max: 99 }).map((percent) => percent / 100)
const n = fc.nat(999)

const quick: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: fc.constantFrom('tell', 'call', 'call', 'unknown'), n }),
  fc.constant<Message>({ kind: 'garbage' })
)
const message: fc.Arbitrary<Message> = fc.oneof({ weight: 4, arbitrary: quick }, { weight: 1, arbitrary: fc.record({ kind: fc.constant('slow'), n }) })
const text: fc.Arbitrary<Text> = fc.oneof({ weight: 4, arbitrary: message }, { weight: 1, arbitrary: fc.array(message, { minLength: 1, maxLength: 5 }) })
const body: fc.Arbitrary<Text> = fc.oneof({ weight: 3, arbitrary: quick }, { weight: 1, arbitrary: fc.array(quick, { minLength: 1, maxLength: 4 }) })

const send = text.map((text) => new Step(`send ${textOf(text)}`, (model, real) => {
  model.send(text)
  real.current.client.connection.receive(textOf(text))
}))

const flood = fc.integer({ min: 20, max: 350 }).map((count) => new Step(`send ${count} calls`, (model, real) => {
  for (let n = 0; n < count; n++) {
    model.send({ kind: 'call', n })
    real.current.client.connection.receive(textOf({ kind: 'call', n }))
  }
}))

const finish = fc.constant(new Step('a slow call is done', (model, real) => {
  model.finish()
  real.world.finish.shift()?.('done')
}, (model) => model.slowCalls > 0))

const tell = fc.tuple(n, fc.integer({ min: 1, max: 9 })).map(([n, count]) => new Step(`the server tells ${count} times`, (model, real) => {
  for (let turn = 0; turn < count; turn++) {
    model.tell(`${n}.${turn}`)
    real.world.tell(real.session, `${n}.${turn}`)
  }
}))

const acknowledge = fc.oneof(share, fc.constant(0.999)).map((share) => new Step(`acknowledge at ${share}`, (model, real) => {
  const received = at(model.marks, share)
  model.acknowledge(received)
  real.current.client.send('$/ack', { received })
}))

const acknowledgeTooMuch = fc.integer({ min: 1, max: 9 }).map((more) => new Step(`acknowledge ${more} too many`, (model, real) => {
  const received = model.top + more
  model.acknowledge(received)
  real.current.client.send('$/ack', { received })
}))

const lose = fc.constant(new Step('lose the link', (model, real) => {
  model.lose()
  real.current.client.connection.lost()
}))

const stale = message.map((message) => new Step(`an older link sends ${textOf(message)}`, (_model, real) => {
  for (const client of real.older) {
    client.connection.receive(textOf(message))
    client.send('$/ack', { received: 1 })
  }
}))

const resume = fc.record({
  received: fc.oneof(share, fc.constant(0.999)),
  of: fc.constantFrom('texts', 'texts', 'texts', 'messages'),
  off: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -9, max: 9 }) }),
  epoch: fc.oneof({ weight: 9, arbitrary: fc.constant('its' as const) }, { weight: 1, arbitrary: fc.constant('another' as const) }),
  session: fc.oneof({ weight: 9, arbitrary: fc.constant('its' as const) }, { weight: 1, arbitrary: fc.constant('another' as const) })
}).map((wish) => new Step(`resume ${JSON.stringify(wish)}`, (model, real) => {
  const known = wish.of === 'texts' ? at(model.marks, wish.received) : model.dropped + Math.floor(wish.received * model.open)
  const received = Math.max(0, known + wish.off)
  const wasLinked = model.isLinked
  const wanted = model.resume(received, wish.epoch, wish.session)
  const { id, record } = real.session
  const client = real.world.connect()
  client.send('$/resume', { session: wish.session === 'its' ? id : 'z'.repeat(22), epoch: wish.epoch === 'its' ? record.epoch : 'zzzzzzzz', received }, 1)
  const { result } = JSON.parse(client.link.frames[0] ?? '') as { result: { resumed: boolean, received?: number, reason?: string } }
  deepStrictEqual(result.resumed ? `resumed ${result.received}` : result.reason, wanted)
  if (!result.resumed) return client.connection.lost()
  if (wasLinked) deepStrictEqual(real.current.client.link.closed?.code, 4509)
  real.older.push(real.current.client)
  real.current = { client, before: 1 }
}))

const wait = fc.integer({ min: 1, max: 20 }).map((seconds) => new Step(`wait ${seconds} s`, (model, real) => {
  model.advance(seconds * 1_000)
  real.world.clock.advance(seconds * 1_000)
}))

const longWait = fc.constantFrom(29, 30, 59, 60, 61).map((seconds) => new Step(`wait ${seconds} s`, (model, real) => {
  model.advance(seconds * 1_000)
  real.world.clock.advance(seconds * 1_000)
}))

const post = fc.tuple(fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.integer({ min: -4, max: 4 }) }), body).map(([ahead, texts]) => new Step(`post ${textOf(texts)}, ${ahead} ahead`, (model, real) => {
  const tag = real.nextTag++
  const first = Math.max(1, model.received + 1 + ahead)
  model.post(tag, first, texts)
  Promise.resolve(real.world.post(real.session, {}, { seq: String(first), body: Buffer.from(textOf(texts)) }))
    .then(({ status, body, headers }) => {
      const again = headers['mse-replayed'] === '1' ? ' again' : ''
      real.answers.set(tag, status === 404 || status === 409 ? String(status) : `200 ${body === '' ? '' : brief(body)}${again}`)
    }, (error: unknown) => real.answers.set(tag, String(error)))
}, (model) => !model.isHeld))

const disconnect = fc.constant(new Step('disconnect', (model, real) => {
  model.disconnect()
  real.current.client.connection.receive(textOf({ kind: 'disconnect' }))
}))

const weighted = (weight: number, arbitrary: fc.Arbitrary<Command>): { weight: number, arbitrary: fc.Arbitrary<Command> } => ({ weight, arbitrary })

/** Anything, in about the shares in which it happens. */
export const commands: fc.Arbitrary<Iterable<Command>> = fc.commands([fc.oneof(
  weighted(36, send), weighted(15, finish), weighted(15, tell), weighted(12, acknowledge), weighted(2, acknowledgeTooMuch), weighted(12, lose), weighted(24, resume),
  weighted(6, stale), weighted(14, wait), weighted(2, longWait), weighted(21, post), weighted(1, flood), weighted(1, disconnect)
)], { maxCommands: 60, size: '+2' })
