import { CODECS, VIDEO_FEEDBACK } from './codecs.ts'
import type { MediaKind, Negotiated } from './codecs.ts'
import type { Direction } from '../sdp.ts'

/** An m-line to write. */
export interface MediaLine {
  readonly kind: MediaKind
  readonly mid: string
  readonly direction: Direction
  readonly codecs: readonly Negotiated[]
  /** Id of the `sdes:mid` header extension, when it was offered. */
  readonly midExtension?: number | null
  /** What this side sends on it. */
  readonly stream?: { readonly id: string, readonly trackId: string, readonly ssrc: number, readonly rtxSsrc: number, readonly cname: string } | null
}

/** An m-line of the offer that is answered with port 0. */
export interface RejectedLine {
  readonly rejected: { readonly kind: string, readonly protocol: string, readonly formats: readonly string[], readonly mid: string | null }
}

/** A description to write. */
export interface DescriptionLines {
  /** Constant for a connection. */
  readonly sessionId: number
  /** Grows with each description of a connection. */
  readonly version: number
  readonly setup: 'actpass' | 'active' | 'passive'
  readonly transport: { readonly ufrag: string, readonly password: string, readonly fingerprints: ReadonlyArray<{ readonly algorithm: string, readonly value: string }> }
  /** With the `candidate:` prefix. */
  readonly candidates: readonly string[]
  /** No more candidates will follow. */
  readonly complete: boolean
  readonly media: ReadonlyArray<MediaLine | RejectedLine>
}

/** The `sdes:mid` header extension (RFC 9143). */
export const MID_EXTENSION = 'urn:ietf:params:rtp-hdrext:sdes:mid'

/** Writes a description in which every living m-line is bundled on one transport. */
export function writeSdp (description: DescriptionLines): string {
  const mids = description.media.flatMap((line) => 'rejected' in line ? [] : [line.mid])
  const first = description.media.findIndex((line) => !('rejected' in line))
  const lines = [
    'v=0',
    `o=- ${description.sessionId} ${description.version} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(mids.length > 0 ? [`a=group:BUNDLE ${mids.join(' ')}`] : []),
    'a=msid-semantic: WMS *',
    ...description.media.flatMap((line, index) => 'rejected' in line ? rejectedLines(line) : mediaLines(line, description, index === first))
  ]
  return `${lines.join('\r\n')}\r\n`
}

function rejectedLines ({ rejected }: RejectedLine): string[] {
  return [
    `m=${rejected.kind} 0 ${rejected.protocol} ${rejected.formats.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    ...(rejected.mid === null ? [] : [`a=mid:${rejected.mid}`]),
    'a=inactive'
  ]
}

/** An inactive m-line keeps port 9: with port 0 it is rejected and must leave the bundle, or Chromium refuses the whole description. */
function mediaLines (line: MediaLine, description: DescriptionLines, withCandidates: boolean): string[] {
  const formats = line.codecs.flatMap(({ payloadType, rtxPayloadType }) => rtxPayloadType === null ? [payloadType] : [payloadType, rtxPayloadType])
  return [
    `m=${line.kind} 9 UDP/TLS/RTP/SAVPF ${formats.join(' ')}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...(withCandidates ? candidateLines(description) : []),
    `a=ice-ufrag:${description.transport.ufrag}`,
    `a=ice-pwd:${description.transport.password}`,
    'a=ice-options:trickle',
    ...description.transport.fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    `a=setup:${description.setup}`,
    `a=mid:${line.mid}`,
    ...(line.midExtension == null ? [] : [`a=extmap:${line.midExtension} ${MID_EXTENSION}`]),
    `a=${line.direction}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...line.codecs.flatMap(codecLines),
    ...streamLines(line)
  ]
}

function candidateLines ({ candidates, complete }: DescriptionLines): string[] {
  return [...candidates.map((candidate) => `a=${candidate}`), ...(complete ? ['a=end-of-candidates'] : [])]
}

function codecLines ({ name, payloadType, rtxPayloadType, codec }: Negotiated): string[] {
  const { map, clockRate } = CODECS[name]
  const feedback = VIDEO_FEEDBACK.filter((kind) => codec.feedback.includes(kind))
  return [
    `a=rtpmap:${payloadType} ${map}`,
    ...feedback.map((kind) => `a=rtcp-fb:${payloadType} ${kind}`),
    ...(codec.parameters === '' ? [] : [`a=fmtp:${payloadType} ${codec.parameters}`]),
    ...(rtxPayloadType === null ? [] : [`a=rtpmap:${rtxPayloadType} rtx/${clockRate}`, `a=fmtp:${rtxPayloadType} apt=${payloadType}`])
  ]
}

function streamLines ({ stream, codecs }: MediaLine): string[] {
  if (stream == null) return []
  const { id, trackId, ssrc, rtxSsrc, cname } = stream
  const msid = `a=msid:${id} ${trackId}`
  if (codecs.every(({ rtxPayloadType }) => rtxPayloadType === null)) return [msid, `a=ssrc:${ssrc} cname:${cname}`]
  return [msid, `a=ssrc-group:FID ${ssrc} ${rtxSsrc}`, `a=ssrc:${ssrc} cname:${cname}`, `a=ssrc:${rtxSsrc} cname:${cname}`]
}

/**
 * A name as it may stand in SDP. What is not visible ASCII is percent-encoded, so that no user id can bring in a line of its own;
 * so is the percent sign, so that `decodeURIComponent` always gives the name back and no two names become one.
 */
export function sdpToken (name: string): string {
  if (/^[\x21-\x24\x26-\x7e]+$/.test(name)) return name
  return name === '' ? '-' : encodeURIComponent(name.replace(/[\ud800-\udfff]/gu, '_'))
}
