import type { MediaStats, Person, TrackStats } from './api.ts'
import type { DomStatsReport, PeerConnectionLike } from './dom.ts'

/** An entry of a report. Which members it has depends on its type; what is missing counts as 0. */
type Entry = { readonly id: string, readonly type: string, readonly kind?: string, readonly trackIdentifier?: string, readonly mediaSourceId?: string, readonly nominated?: boolean } &
  { readonly [name: string]: number | undefined }

type Entries = ReadonlyMap<string, Entry>
type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

/** Reads the statistics of two connections; rates need a look before. */
export class StatsReader {
  readonly #connections: readonly PeerConnectionLike[]
  #before: readonly Entries[] = []

  constructor (publish: PeerConnectionLike, subscribe: PeerConnectionLike) {
    this.#connections = [publish, subscribe]
  }

  async read (people: Iterable<Person>): Promise<MediaStats> {
    const [publish, subscribe] = this.#connections.map(({ iceConnectionState }) => iceConnectionState)
    const reports = await Promise.all(this.#connections.map((connection) => connection.getStats()))
    const now = reports.map(entriesOf)
    const before = this.#before
    this.#before = now
    const tracks = new Map(now.flatMap((entries, side) => tracksIn(entries, before[side] ?? new Map())))
    return {
      publish: publish ?? null,
      subscribe: subscribe ?? null,
      ...quality(now.flatMap((entries) => [...entries.values()])),
      tracks,
      people: new Map([...people].map((person) => [person.userId, total(person, tracks)])),
      reports: { publish: reports[0] as DomStatsReport, subscribe: reports[1] as DomStatsReport }
    }
  }
}

function entriesOf (report: { forEach (visit: (entry: never, id: string) => void): void }): Entries {
  const entries = new Map<string, Entry>()
  report.forEach((entry, id) => entries.set(id, entry))
  return entries
}

function quality (entries: readonly Entry[]): Pick<MediaStats, 'roundTripMs' | 'lossPercent'> {
  const pair = entries.find(({ type, nominated, currentRoundTripTime }) => type === 'candidate-pair' && nominated && currentRoundTripTime !== undefined)
  const inbound = entries.filter(({ type }) => type === 'inbound-rtp')
  const sum = (name: string): number => inbound.reduce((sum, entry) => sum + Math.max(0, entry[name] ?? 0), 0)
  const [lost, received] = [sum('packetsLost'), sum('packetsReceived')]
  return {
    ...(pair?.currentRoundTripTime !== undefined && { roundTripMs: Math.round(pair.currentRoundTripTime * 1_000) }),
    ...(received > 0 && { lossPercent: Math.round(1_000 * lost / (lost + received)) / 10 })
  }
}

function tracksIn (now: Entries, before: Entries): Array<[trackId: string, stats: TrackStats]> {
  return [...now.values()].flatMap((entry) => {
    const was = before.get(entry.id)
    const source = entry.type === 'outbound-rtp' ? now.get(entry.mediaSourceId ?? '') : entry
    if (was === undefined || source?.trackIdentifier === undefined || !entry.type.endsWith('bound-rtp')) return []
    const rate = (name: string): number => Math.max(0, (entry[name] ?? 0) - (was[name] ?? 0)) * 1_000 / Math.max(1, entry.timestamp! - was.timestamp!)
    const stats: Writable<TrackStats> = { kbps: rate(entry.type === 'inbound-rtp' ? 'bytesReceived' : 'bytesSent') * 8 / 1_000 }
    if (entry.kind === 'audio') stats.level = level(source, before.get(source.id))
    else stats.fps = Math.round(rate(entry.type === 'inbound-rtp' ? 'framesDecoded' : 'framesEncoded'))
    return [[source.trackIdentifier, stats]]
  })
}

/** The mean over the whole time, so that a word between two looks is not missed. */
function level (now: Entry, before: Entry | undefined): number {
  const grown = (name: string): number => (now[name] ?? 0) - (before?.[name] ?? 0)
  return Math.sqrt(Math.max(0, grown('totalAudioEnergy')) / Math.max(0.001, grown('totalSamplesDuration')))
}

function total ({ stream, screen }: Person, tracks: ReadonlyMap<string, TrackStats>): TrackStats {
  const statsOf = (streams: ReadonlyArray<Person['screen']>): TrackStats[] => streams.flatMap((each) => each?.getTracks().flatMap(({ id }) => tracks.get(id) ?? []) ?? [])
  const all = statsOf([stream, screen])
  const fps = statsOf([stream]).find((stats) => stats.fps !== undefined)?.fps
  return { kbps: all.reduce((sum, { kbps }) => sum + kbps, 0), ...(fps !== undefined && { fps }), level: Math.max(0, ...all.map(({ level = 0 }) => level)) }
}
