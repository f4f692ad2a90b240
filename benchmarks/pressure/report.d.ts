/** For the tests, which are typed. */
interface Stretch { readonly count: number, readonly p50: number, readonly p99: number, readonly max: number, readonly lost: number }
interface Memory { readonly rss: number, readonly held: number }
interface Sample extends Memory { readonly s: number, readonly sessions: number, readonly sockets: number, readonly lateP99: number, readonly lateMax: number, readonly p50: number, readonly p99: number }
export interface Flood {
  readonly id: string
  readonly name: string
  readonly what: string
  readonly stretches: Readonly<Record<string, Stretch>>
  readonly memory: { readonly before: Memory, readonly after: Memory }
  readonly peak: number
  readonly attack: { readonly opened: number, readonly refused: number, readonly thrownOut: number, readonly there: number }
  readonly samples: readonly Sample[]
  readonly marks: ReadonlyArray<{ s: number, name: string }>
}

export function tableOf (floods: readonly Flood[]): string
export function writeReport (floods: readonly Flood[], folder: string): Promise<string[]>
