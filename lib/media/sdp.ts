/**
 * Reading session descriptions (RFC 8866, RFC 8829): only what a media server needs to know of them.
 * Everything here takes text from a stranger: it never throws and costs time linear in the text.
 */

/** Which way media flows, seen from the side that wrote the description. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** One payload format of an m-line. */
export interface SdpCodec {
  readonly payloadType: number
  /** In lower case: `vp8`, `opus`, `rtx`. */
  readonly name: string
  readonly clockRate: number
  readonly channels: number
  /** The value of `a=fmtp`, or an empty string. */
  readonly parameters: string
  /** The values of `a=rtcp-fb` for this format and for all. */
  readonly feedback: readonly string[]
}

/** One m-line with what belongs to it; session-level values are filled in. */
export interface SdpMedia {
  readonly kind: string
  readonly port: number
  readonly protocol: string
  readonly formats: readonly string[]
  readonly mid: string | null
  readonly direction: Direction
  readonly codecs: readonly SdpCodec[]
  readonly extensions: ReadonlyArray<{ readonly id: number, readonly uri: string }>
  /** In the order of their first mention. */
  readonly ssrcs: readonly number[]
  /** The second word of `a=msid`: the sender's name for the track. */
  readonly trackId: string | null
  readonly ufrag: string | null
  readonly password: string | null
  readonly fingerprints: ReadonlyArray<{ readonly algorithm: string, readonly value: string }>
  readonly setup: string | null
  /** The values of `a=candidate`, without the attribute's name. */
  readonly candidates: readonly string[]
}

/** A description that could be read. */
export interface Sdp {
  readonly media: readonly SdpMedia[]
  /** Mids of the first BUNDLE group. */
  readonly bundle: readonly string[]
}

/** More m-lines than any client has reason to send; what follows them is not read. */
const MAX_MEDIA = 128
/** There are no more payload types than these; a longer list of formats is nonsense, and costs. */
const MAX_FORMATS = 128

/** Reads a description; null when the text is none. */
export function parseSdp (text: string): Sdp | null {
  const lines = text.split(/\r\n|\n|\r/)
  if (lines[0]?.startsWith('v=0') !== true) return null
  const sections = split(lines)
  const session = readAttributes(sections[0] ?? [])
  const bundle = session.values('group').find((group) => group.startsWith('BUNDLE'))
  return {
    media: sections.slice(1, 1 + MAX_MEDIA).flatMap((section) => readMedia(section, session) ?? []),
    bundle: bundle?.split(' ').slice(1) ?? []
  }
}

/** True when the description has an audio or video m-line on which its writer wants to receive: the mark of a one-connection client. */
export function isReceiving (sdp: Sdp): boolean {
  return sdp.media.some((media) => isLive(media) && receives(media.direction))
}

/** True for an audio or video m-line that is not rejected by port 0. */
export function isLive (media: SdpMedia): boolean {
  return (media.kind === 'audio' || media.kind === 'video') && media.port !== 0
}

/** True when the writer of the direction sends. */
export function sends (direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'sendonly'
}

/** True when the writer of the direction receives. */
export function receives (direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly'
}

/** Every ICE user name fragment of the description, each once. */
export function usernameFragments (sdp: Sdp): Set<string> {
  return new Set(sdp.media.flatMap((media) => media.ufrag ?? []))
}

function split (lines: readonly string[]): string[][] {
  const sections: string[][] = [[]]
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([])
    sections.at(-1)?.push(line)
  }
  return sections
}

interface Attributes {
  /** The values of every `a=name:value`, in order; an empty string where there is no value. */
  values (name: string): readonly string[]
  first (name: string): string | null
}

function readAttributes (lines: readonly string[]): Attributes {
  const found = new Map<string, string[]>()
  for (const line of lines) {
    if (!line.startsWith('a=')) continue
    const colon = line.indexOf(':')
    const name = colon < 0 ? line.slice(2) : line.slice(2, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1)
    const list = found.get(name)
    if (list === undefined) found.set(name, [value])
    else list.push(value)
  }
  return {
    values: (name) => found.get(name) ?? [],
    first: (name) => found.get(name)?.[0] ?? null
  }
}

function readMedia (section: readonly string[], session: Attributes): SdpMedia | null {
  const [kind, port, protocol, ...formats] = (section[0] ?? '').slice(2).split(' ')
  if (kind === undefined || port === undefined || protocol === undefined) return null
  const own = readAttributes(section)
  const inherited = (name: string): string | null => own.first(name) ?? session.first(name)
  return {
    kind,
    port: Number.parseInt(port, 10) || 0,
    protocol,
    formats,
    mid: own.first('mid'),
    direction: readDirection(own) ?? readDirection(session) ?? 'sendrecv',
    codecs: readCodecs(formats, own),
    extensions: own.values('extmap').flatMap(readExtension),
    ssrcs: [...new Set(own.values('ssrc').map((value) => Number.parseInt(value, 10)).filter(isSsrc))],
    trackId: own.first('msid')?.split(' ')[1] ?? null,
    ufrag: inherited('ice-ufrag'),
    password: inherited('ice-pwd'),
    fingerprints: readFingerprints(own.values('fingerprint'), session.values('fingerprint')),
    setup: inherited('setup'),
    candidates: own.values('candidate')
  }
}

const DIRECTIONS = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const

function readDirection (attributes: Attributes): Direction | null {
  return DIRECTIONS.find((direction) => attributes.first(direction) !== null) ?? null
}

function readCodecs (formats: readonly string[], own: Attributes): SdpCodec[] {
  const maps = byPayloadType(own.values('rtpmap'))
  const parameters = byPayloadType(own.values('fmtp'))
  const feedback = own.values('rtcp-fb').map((value) => value.split(/ (.*)/s, 2))
  return formats.slice(0, MAX_FORMATS).flatMap((format) => {
    const payloadType = Number(format)
    const map = maps.get(format) ?? STATIC_PAYLOADS[format]
    if (map === undefined || !Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127) return []
    const [name = '', clockRate, channels] = map.split('/')
    return [{
      payloadType,
      name: name.toLowerCase(),
      clockRate: Number(clockRate) || 0,
      channels: Number(channels) || 1,
      parameters: parameters.get(format) ?? '',
      feedback: feedback.flatMap(([of, kind]) => (of === format || of === '*') && kind !== undefined ? [kind] : [])
    }]
  })
}

/** Formats that need no `a=rtpmap` (RFC 3551). */
const STATIC_PAYLOADS: Readonly<Record<string, string>> = { 0: 'PCMU/8000', 8: 'PCMA/8000' }

/** Attribute values of the form `<payload type> <rest>`; the first of each counts. */
function byPayloadType (values: readonly string[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const value of values) {
    const [format = '', rest = ''] = value.split(/ (.*)/s, 2)
    if (!found.has(format)) found.set(format, rest)
  }
  return found
}

function readExtension (value: string): Array<{ id: number, uri: string }> {
  const [id = '', uri] = value.split(' ')
  const number = Number.parseInt(id, 10)
  return uri === undefined || !(number >= 1 && number <= 14) ? [] : [{ id: number, uri }]
}

function isSsrc (value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
}

function readFingerprints (own: readonly string[], session: readonly string[]): Array<{ algorithm: string, value: string }> {
  return (own.length > 0 ? own : session).flatMap((line) => {
    const [algorithm, value] = line.split(' ')
    return algorithm === undefined || value === undefined ? [] : [{ algorithm: algorithm.toLowerCase(), value }]
  })
}
