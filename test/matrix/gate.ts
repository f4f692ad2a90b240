import { defineMethod } from '../../index.ts'
import type { World } from './harness.ts'

/** A method that is answered when the test says so. */
export interface Gate {
  /** Answers every call of it, with null. */
  open (): void
  /** Resolves when the first call has come. */
  readonly entered: Promise<void>
}

/** Adds a public method without params that waits for its {@link Gate}. */
export function addGate ({ mse }: Pick<World, 'mse'>, name = 'gate'): Gate {
  let open = (): void => {}
  let enter = (): void => {}
  const opened = new Promise<void>((resolve) => { open = resolve })
  const entered = new Promise<void>((resolve) => { enter = resolve })
  mse.method(defineMethod({ name, access: 'public' }), async () => {
    enter()
    await opened
    return null
  })
  return { open, entered }
}
