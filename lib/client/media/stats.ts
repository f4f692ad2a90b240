import type { MediaStats, TrackStats } from './api.ts'
import type { DomStatsReport, PeerConnectionLike, StatsReportLike, StreamLike } from './dom.ts'

/** An entry of a report. Which members it has depends on its type; what is missing counts as 0. */
type Entry = { readonly id: string, readonly type: string, readonly kind?: string, readonly trackIdentifier?: string, readonly mediaSourceId?: string, readonly nominated?: boolean } &
  { readonly [name: string]: number | undefined }

type Entries = ReadonlyMap<string, Entry>
type Connection = PeerConnectionLike | undefined

/** Reads the statistics of connections; rates need a look before. */
export class StatsReader {
  #before = new Map<Connection, Entries>()

  async read (publish: Connection, subscribe: Connection): Promise<MediaStats> {
    const reports = await Promise.all([publish?.getStats() ?? null, subscribe?.getStats() ?? null])
    const [sent, received] = reports.map(entriesOf) as [Entries, Entries]
    const tracks = new Map([...this.#rates(publish, sent), ...this.#rates(subscribe, received)])
    this.#before = new Map([[publish, sent], [subscribe, received]])
    return {
      publish: publish?.iceConnectionState ?? null,
      subscribe: subscribe?.iceConnectionState ?? null,
      ...quality([...sent.values(), ...received.values()]),
      tracks,
      of: (stream) => total(stream, tracks),
      reports: { publish: reports[0] as DomStatsReport | null, subscribe: reports[1] as DomStatsReport | null }
    }
  }

  #rates (connection: Connection, now: Entries): Array<[trackId: string, stats: TrackStats]> {
    const before = this.#before.get(connection)
    return [...now.values()].flatMap((entry): Array<[string, TrackStats]> => {
      const was = before?.get(entry.id)
      const isInbound = entry.type === 'inbound-rtp'
      const source = isInbound ? entry : now.get(entry.mediaSourceId ?? '')
      if (was === undefined || source?.trackIdentifier === undefined) return []
      const kbps = rate('timestamp', isInbound ? 'bytesReceived' : 'bytesSent', entry, was) * 8
      if (entry.kind === 'video') return [[source.trackIdentifier, { kbps, fps: Math.round(rate('timestamp', isInbound ? 'framesDecoded' : 'framesEncoded', entry, was) * 1_000) }]]
      // The mean over the whole time, so that a word between two looks is not missed.
      return [[source.trackIdentifier, { kbps, level: Math.sqrt(rate('totalSamplesDuration', 'totalAudioEnergy', source, before?.get(source.id))) }]]
    })
  }
}

/** How much one figure has grown for each 1 that the other has. */
function rate (per: string, name: string, now: Entry, before: Entry | undefined): number {
  const grown = (name: string): number => (now[name] ?? 0) - (before?.[name] ?? 0)
  return Math.max(0, grown(name) / grown(per) || 0)
}

function entriesOf (report: StatsReportLike | null): Entries {
  const entries = new Map<string, Entry>()
  report?.forEach((entry, id) => entries.set(id, entry))
  return entries
}

function quality (entries: readonly Entry[]): Pick<MediaStats, 'roundTripMs' | 'lossPercent'> {
  const roundTrip = entries.find(({ type, nominated }) => type === 'candidate-pair' && nominated)?.currentRoundTripTime
  const sum = (name: string): number => entries.reduce((sum, entry) => sum + (entry.type === 'inbound-rtp' ? Math.max(0, entry[name] ?? 0) : 0), 0)
  const [lost, received] = [sum('packetsLost'), sum('packetsReceived')]
  return {
    roundTripMs: roundTrip === undefined ? null : Math.round(roundTrip * 1_000),
    lossPercent: received === 0 ? null : Math.round(1_000 * lost / (lost + received)) / 10
  }
}

function total (stream: StreamLike | null, tracks: ReadonlyMap<string, TrackStats>): TrackStats {
  const all = stream?.getTracks().flatMap(({ id }) => tracks.get(id) ?? []) ?? []
  return Object.assign({}, ...all, { kbps: all.reduce((sum, { kbps }) => sum + kbps, 0) }) as TrackStats
}
