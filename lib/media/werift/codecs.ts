import type { SdpCodec } from '../sdp.ts'

/** Codecs that the engine can forward. It never decodes: the names matter, for key frames and SDP. */
export const CODECS = {
  opus: { kind: 'audio', payloadType: 111, rtx: null, map: 'opus/48000/2', clockRate: 48_000, parameters: 'minptime=10;useinbandfec=1' },
  vp8: { kind: 'video', payloadType: 96, rtx: 97, map: 'VP8/90000', clockRate: 90_000, parameters: '' },
  h264: { kind: 'video', payloadType: 102, rtx: 103, map: 'H264/90000', clockRate: 90_000, parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f' }
} as const satisfies Record<string, Codec>

interface Codec {
  readonly kind: MediaKind
  /** In the engine's own offers. */
  readonly payloadType: number
  /** Payload type of its retransmissions, null where they are of no use. */
  readonly rtx: number | null
  readonly map: string
  readonly clockRate: number
  readonly parameters: string
}

/** What a track can be. */
export type MediaKind = 'audio' | 'video'

/** A codec's name in the options and in this engine: `opus`, `vp8` or `h264`. */
export type CodecName = keyof typeof CODECS

/** What is asked of the other side for video. Transport-wide congestion control is left out: werift gives no feedback on it, and Chromium then falls to 30-198 kbps. */
export const VIDEO_FEEDBACK = ['goog-remb', 'ccm fir', 'nack', 'nack pli'] as const

/** A codec that both sides speak, with the payload types of the connection. */
export interface Negotiated {
  readonly name: CodecName
  readonly payloadType: number
  readonly rtxPayloadType: number | null
  readonly codec: SdpCodec
}

/** The codecs of an offered m-line that the engine takes, in the engine's order of preference. */
export function negotiate (offered: readonly SdpCodec[], preferred: readonly CodecName[]): Negotiated[] {
  return preferred.flatMap((name) => {
    const codec = offered.find((candidate) => isCodec(name, candidate))
    if (codec === undefined) return []
    const rtx = offered.find((candidate) => candidate.name === 'rtx' && parameter(candidate, 'apt') === String(codec.payloadType))
    return [{ name, payloadType: codec.payloadType, rtxPayloadType: rtx?.payloadType ?? null, codec }]
  })
}

/** The engine's own line-up for the m-lines that it offers. */
export function ownCodecs (kind: MediaKind, preferred: readonly CodecName[]): Negotiated[] {
  return preferred.filter((name) => CODECS[name].kind === kind).map((name) => {
    const own = CODECS[name]
    return {
      name,
      payloadType: own.payloadType,
      rtxPayloadType: own.rtx,
      codec: {
        payloadType: own.payloadType,
        name,
        clockRate: own.clockRate,
        channels: kind === 'audio' ? 2 : 1,
        parameters: own.parameters,
        feedback: kind === 'video' ? VIDEO_FEEDBACK : []
      }
    }
  })
}

function isCodec (name: CodecName, candidate: SdpCodec): boolean {
  if (candidate.name !== name || candidate.clockRate !== CODECS[name].clockRate) return false
  // Of H.264 only baseline in packetization mode 1 is common to all browsers.
  return name !== 'h264' || (parameter(candidate, 'packetization-mode') === '1' && (parameter(candidate, 'profile-level-id') ?? '42').startsWith('42'))
}

/** One parameter of an `a=fmtp` value. */
function parameter (codec: SdpCodec, name: string): string | null {
  for (const pair of codec.parameters.split(';')) {
    const [key, value] = pair.split('=')
    if (key?.trim() === name) return value?.trim() ?? ''
  }
  return null
}
