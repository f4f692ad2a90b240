import type { ErrorObject } from '../protocol/message.ts'
import { type ClientError, refusedBy } from './client-error.ts'
import type { Entry } from './outgoing.ts'

interface Call {
  readonly entry: Entry
  readonly resolve: (result: unknown) => void
  readonly reject: (error: ClientError) => void
  /** Takes away its timer and its signal's listener. */
  readonly free: () => void
}

/** Calls that wait for their answers. */
export class Pending {
  readonly #calls = new Map<number, Call>()

  add (call: Call): void {
    this.#calls.set(call.entry.id as number, call)
  }

  /** An answer of the server; one that nobody waits for is ignored. */
  settle (id: unknown, result: unknown, error: ErrorObject | undefined): void {
    const call = this.#take(id as number)
    if (error === undefined) call?.resolve(result)
    else call?.reject(refusedBy(error))
  }

  reject (id: number, error: ClientError): void {
    this.#take(id)?.reject(error)
  }

  /** @param which all but those for which it says no */
  rejectAll (error: () => ClientError, which: (entry: Entry) => boolean = () => true): void {
    for (const [id, { entry }] of [...this.#calls]) if (which(entry)) this.reject(id, error())
  }

  #take (id: number): Call | undefined {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    call?.free()
    return call
  }
}
