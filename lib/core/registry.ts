import type { Contract } from '../protocol/contract.ts'
import type { GuardFactory, HandlerOf, Middleware } from './call.ts'
import { type Pipeline, compilePipeline } from './pipeline.ts'

/** A method as the dispatcher finds it. */
export interface Entry {
  readonly contract: Contract
  /** Does its success decide what later messages may do? Then they wait for it. */
  decides: boolean
  run: Pipeline
}

interface Registration {
  readonly entry: Entry
  readonly handler: Pipeline
}

/** The methods of one server. A `Map`, so that `__proto__` and `constructor` are names like any other. */
export class Registry {
  readonly #registrations = new Map<string, Registration>()
  readonly #entries = new Map<string, Entry>()
  readonly #guards: readonly GuardFactory[]
  readonly #middleware: Middleware[] = []
  /** Names that some method comes after. */
  readonly #required = new Set<string>(['auth'])

  constructor (guards: readonly GuardFactory[]) {
    this.#guards = guards
  }

  /** @throws TypeError when the name is taken */
  add<C extends Contract> (contract: C, handler: HandlerOf<C>): void {
    if (this.#entries.has(contract.name)) throw new TypeError(`there is a method "${contract.name}" already`)
    for (const name of contract.after) this.#require(name)
    const answer = handler as (params: unknown, call: unknown) => unknown
    const handle: Pipeline = (call) => answer(call.params ?? {}, call)
    const entry: Entry = { contract, decides: this.#required.has(contract.name), run: this.#compile(contract, handle) }
    this.#registrations.set(contract.name, { entry, handler: handle })
    this.#entries.set(contract.name, entry)
  }

  /** Puts a middleware around every handler, those that are there and those to come. */
  use (middleware: Middleware): void {
    this.#middleware.push(middleware)
    for (const { entry, handler } of this.#registrations.values()) entry.run = this.#compile(entry.contract, handler)
  }

  get (name: string): Entry | undefined {
    return this.#entries.get(name)
  }

  get contracts (): readonly Contract[] {
    return [...this.#entries.values()].map((entry) => entry.contract)
  }

  #require (name: string): void {
    this.#required.add(name)
    const entry = this.#entries.get(name)
    if (entry !== undefined) entry.decides = true
  }

  #compile (contract: Contract, handler: Pipeline): Pipeline {
    return compilePipeline(contract, this.#guards, this.#middleware, handler)
  }
}
