import t from 'tap'
import type { Test } from 'tap'
import { openWorld } from './harness.ts'
import type { World, WorldOptions } from './harness.ts'
import { REQUIREMENTS } from './requirements.ts'
import type { RequirementId } from './requirements.ts'

/** Opens the server of a test on the transport that is its turn. */
export type OpenWorld = (options?: WorldOptions) => Promise<World>

/** Proves one rule of PROTOCOL.md with one body over every transport that it applies to. */
export function requirement (id: RequirementId, title: string, body: (t: Test, open: OpenWorld) => Promise<void>): void {
  const row = REQUIREMENTS[id]
  if (typeof row === 'string') throw new Error(`${id} is proved in ${row}`)
  for (const transport of row) {
    t.test(`${id} over ${transport}: ${title}`, (t) => body(t, (options) => openWorld(t, transport, options)))
  }
}
