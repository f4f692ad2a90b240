/** What the mutator sends: several texts, by several links, with things between them. */

/** Where a text goes: to one of two links that can resume, to a plain one, to the session's own `call`, or by POST. */
export type Way = 'first' | 'second' | 'plain' | 'call' | 'post'

export const WAYS: readonly Way[] = ['first', 'first', 'second', 'plain', 'call', 'post']

/** The headers of a POST; absent ones are left out. */
export interface PostHeaders {
  readonly session?: string
  readonly seq?: string
  readonly ack?: string
  readonly bearer?: string
  readonly respondAsync?: boolean
}

export type Step =
  | { readonly kind: 'text', readonly way: Way, readonly bytes: Buffer, readonly headers?: PostHeaders }
  /** A link breaks. */
  | { readonly kind: 'lose', readonly way: 'first' | 'second' | 'plain' }
  /** Time goes by. */
  | { readonly kind: 'wait', readonly ms: number }
  /** What can settle does. */
  | { readonly kind: 'turn' }

export type Input = readonly Step[]

type Written = { readonly text?: string, readonly base64?: string } & Record<string, unknown>

/** One line of JSON. */
export function writeInput (input: Input): string {
  return JSON.stringify(input.map((step) => {
    if (step.kind !== 'text') return step
    const { bytes, ...rest } = step
    const text = bytes.toString()
    return Buffer.from(text).equals(bytes) ? { ...rest, text } : { ...rest, base64: bytes.toString('base64') }
  }))
}

export function readInput (value: unknown): Input {
  return (value as Written[]).map(({ text, base64, ...rest }) => {
    if (rest['kind'] !== 'text') return rest as unknown as Step
    return { ...rest, bytes: base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64') } as unknown as Step
  })
}

/** What an input weighs: small ones are kept rather than large ones. */
export function sizeOf (input: Input): number {
  return input.reduce((sum, step) => sum + 20 + (step.kind === 'text' ? step.bytes.length : 0), 0)
}
