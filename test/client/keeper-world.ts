/** A LinkKeeper with carriers that do what the test says, under a clock that stands still. */
import type { Test } from 'tap'
import { ClientError } from '../../lib/client/client-error.ts'
import { Conversation } from '../../lib/client/conversation.ts'
import { type KeeperHost, LinkKeeper } from '../../lib/client/link-keeper.ts'
import type { StateEvent, TransportName } from '../../lib/client/options.ts'
import { settingsOf } from '../../lib/client/settings.ts'
import { type Choice, TransportChoice, forgetTransports } from '../../lib/client/transport-choice.ts'
import type { Carrier, CarrierHost } from '../../lib/client/transports/carrier.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'

export class FakeCarrier implements Carrier {
  readonly name: TransportName
  readonly host: CarrierHost
  isDropped = false
  hasLeft = false
  pumps = 0

  constructor (name: TransportName, host: CarrierHost) {
    this.name = name
    this.host = host
  }

  pump (): void { this.pumps++ }
  leave (): void { this.hasLeft = true }
  drop (): void { this.isDropped = true }

  open (): void { this.host.opened(0) }

  /** The connection breaks. */
  break (): void { this.host.fail(new ClientError('link', 'broken'), false) }

  /** The server closes it with this code. */
  end (code: number): void { this.host.fail(new ClientError('link', 'closed', { code }), true) }
}

export interface KeeperWorld {
  readonly clock: FakeClock
  readonly keeper: LinkKeeper
  readonly conversation: Conversation
  readonly made: FakeCarrier[]
  /** `<state> <transport>` with what went wrong and the pause, as far as told. */
  readonly told: string[]
  readonly gaveUp: ClientError[]
  /** Times at which a sign of life was asked for, in milliseconds since the start. */
  readonly asked: number[]
  random: number
  token: () => Promise<string>
  /** The carrier that was made last. */
  last (): FakeCarrier
  /** Lets time pass while this carrier shows signs of life. */
  live (carrier: FakeCarrier, ms: number): void
}

const TRANSPORTS: readonly TransportName[] = ['websocket', 'events', 'poll']

export function makeKeeper (t: Test, { transports = TRANSPORTS, choice }: { transports?: readonly TransportName[], choice?: Choice } = {}): KeeperWorld {
  forgetTransports()
  const clock = new FakeClock()
  const startedAt = clock.now()
  const conversation = new Conversation()
  const made: FakeCarrier[] = []
  const told: string[] = []
  const gaveUp: ClientError[] = []
  const asked: number[] = []
  const world = { clock, conversation, made, told, gaveUp, asked, random: 0.5, token: async () => 'a token', last: () => made.at(-1) as FakeCarrier, live } as unknown as KeeperWorld
  function live (carrier: FakeCarrier, ms: number): void {
    for (let left = ms; left > 0; left -= 10_000) {
      carrier.host.heard()
      clock.advance(Math.min(left, 10_000))
    }
  }
  const settings = settingsOf({ url: 'http://127.0.0.1/mse', getToken: () => 'a token', transports, clock, random: () => world.random })
  const host = {
    settings,
    conversation,
    token: () => world.token(),
    minted: () => {},
    next: () => undefined,
    take: () => {},
    ask: () => asked.push(clock.now() - startedAt),
    changed: (event: StateEvent) => told.push(inWords(event)),
    lost: (reason: string) => told.push(`lost ${reason}`),
    gaveUp: (error: ClientError) => gaveUp.push(error)
  } as unknown as KeeperHost
  const connect = (name: TransportName) => (host: CarrierHost): Carrier => {
    const carrier = new FakeCarrier(name, host)
    made.push(carrier)
    return carrier
  }
  const connectors = { websocket: connect('websocket'), events: connect('events'), poll: connect('poll') }
  const keeper = new LinkKeeper(choice ?? new TransportChoice('here', transports), connectors, host)
  t.teardown(() => forgetTransports())
  keeper.start()
  return Object.assign(world, { keeper })
}

function inWords ({ state, transport, failure, retryInMs }: StateEvent): string {
  return [state, transport, failure && (failure.code || 'broken'), retryInMs].filter((part) => part).join(' ')
}
