/** What every object inherits: whatever a client sends, it has to be the same afterwards. */

const PROTOTYPES: Readonly<Record<string, object>> = {
  Object: Object.prototype,
  Array: Array.prototype,
  Function: Function.prototype,
  String: String.prototype,
  Number: Number.prototype,
  Boolean: Boolean.prototype,
  Promise: Promise.prototype,
  Map: Map.prototype,
  Set: Set.prototype,
  RegExp: RegExp.prototype,
  Error: Error.prototype,
  Uint8Array: Uint8Array.prototype,
  Buffer: Buffer.prototype
}

const ALL: readonly object[] = Object.values(PROTOTYPES)

/** A picture of them all. */
export type Prototypes = ReadonlyMap<string, ReadonlyMap<PropertyKey, PropertyDescriptor>>

export function picture (): Prototypes {
  return new Map(Object.entries(PROTOTYPES).map(([name, prototype]) => [name, membersOf(prototype)]))
}

/** How many members they have together: quick to ask after each input. */
export function countMembers (): number {
  let count = 0
  for (const prototype of ALL) count += Reflect.ownKeys(prototype).length
  return count
}

/** The first difference; null for none. */
export function difference (before: Prototypes): string | null {
  for (const [name, members] of picture()) {
    const known = before.get(name) ?? new Map<PropertyKey, PropertyDescriptor>()
    for (const [key, { value, get, set }] of members) {
      const old = known.get(key)
      if (old === undefined) return `${name}.prototype has a new member ${String(key)}`
      if (old.value !== value || old.get !== get || old.set !== set) return `${name}.prototype has another ${String(key)}`
    }
    if (members.size !== known.size) return `${name}.prototype has lost a member`
  }
  return null
}

/** Puts everything back, as far as it can be. */
export function restore (before: Prototypes): void {
  for (const [name, members] of before) {
    const prototype = PROTOTYPES[name] ?? {}
    for (const key of Reflect.ownKeys(prototype)) if (!members.has(key)) Reflect.deleteProperty(prototype, key)
    for (const [key, descriptor] of members) if (descriptor.configurable) Object.defineProperty(prototype, key, descriptor)
  }
}

function membersOf (prototype: object): Map<PropertyKey, PropertyDescriptor> {
  return new Map(Reflect.ownKeys(prototype).map((key) => [key, Object.getOwnPropertyDescriptor(prototype, key) as PropertyDescriptor]))
}
