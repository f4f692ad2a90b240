import { createSocket } from 'node:dgram'
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { CODECS } from './codecs.ts'
import type { CodecName } from './codecs.ts'

/** A STUN or TURN server, as in `RTCIceServer`. */
export interface IceServer {
  /** `stun:host:port`, `turn:host:port`, `turn:host:port?transport=tcp` or `turns:host:port`. */
  readonly urls: string | readonly string[]
  /** For `turn:` and `turns:`. */
  readonly username?: string
  /** The password that goes with it. */
  readonly credential?: string
}

/** Options of the embedded engine. Each is checked when the engine is made; a bad value throws with the value in the message. */
export interface WeriftEngineOptions {
  /**
   * Participants that the engine takes. Each counts as one stream from the moment it joins, whether it publishes
   * yet or not and whatever it publishes (audio, video and a screen are one stream), so that simultaneous joins cannot
   * slip through. With 4, a fifth participant is answered -7001 while the four go on.
   * @default 150
   */
  readonly maxStreams?: number
  /**
   * Streams that the engine forwards: one per publisher and receiver, audio and video together. One core carries about 150 of
   * 1 Mbps; overload is a cliff where nothing is delivered any more, so joins are refused (-7001) before it. A joiner is counted
   * as if it published to everybody in its room until it has been silent for 10 s: then it counts as a viewer.
   * `Infinity` lifts the limit.
   * @default 150
   */
  readonly maxForwards?: number
  /**
   * Tracks that one participant may publish; further m-lines of its offer are answered `inactive`.
   * @default 8
   */
  readonly maxTracks?: number
  /**
   * STUN and TURN servers that the engine itself asks for candidates; the first of each kind is used. A server with a public
   * address, or with `announcedAddresses`, needs none.
   * @default []
   */
  readonly iceServers?: readonly IceServer[]
  /**
   * First and last UDP port for media, both included; each participant takes two (one when it is a one-connection client).
   * Absent: any free port.
   */
  readonly portRange?: readonly [min: number, max: number]
  /**
   * The machine's own IP addresses that media uses, all of one family. With a single one, sockets are bound to it; with
   * several, to the wildcard address.
   * @default every address that is not internal, IPv4 if there are any
   */
  readonly interfaceAddresses?: readonly string[]
  /**
   * IP addresses to tell the clients instead of `interfaceAddresses`, for a machine behind one-to-one NAT.
   */
  readonly announcedAddresses?: readonly string[]
  /**
   * Codecs in the order of preference. A participant that can receive none of what another one sends does not get that track.
   * @default ['opus', 'vp8', 'h264']
   */
  readonly codecs?: readonly CodecName[]
  /**
   * Lowest and highest bitrate that a publisher is told to send, in bits per second. Between them the rate follows the loss on the
   * way to the engine and to its worst receiver.
   * @default [150_000, 2_500_000]
   */
  readonly bitrate?: readonly [min: number, max: number]
  /**
   * How long a connection may be without any sign of life before its participant is ended with `ice`, in milliseconds.
   * @default 30_000
   */
  readonly iceTimeoutMs?: number
  /**
   * How long the engine waits for a participant's first offer, in milliseconds, before it takes it for a viewer and sends an offer itself.
   * The first offer tells whether a client has one connection or two; 0 suits only clients that always have two.
   * @default 500
   */
  readonly viewerAfterMs?: number
  /**
   * What a refused client is told to wait before it tries again, in milliseconds.
   * @default 5_000
   */
  readonly retryAfterMs?: number
}

/** The options with every default filled in. */
export interface Settings {
  readonly maxStreams: number
  readonly maxForwards: number
  readonly maxTracks: number
  readonly iceServers: readonly IceServer[]
  readonly portRange: readonly [number, number] | null
  /** Where sockets are bound; null is the wildcard address. */
  readonly bindAddress: string | null
  /** The addresses in host candidates. */
  readonly addresses: readonly string[]
  readonly codecs: readonly CodecName[]
  readonly minBitrate: number
  readonly maxBitrate: number
  readonly iceTimeoutMs: number
  readonly viewerAfterMs: number
  readonly retryAfterMs: number
}

/** Fills in the defaults. @throws TypeError or RangeError for a bad value */
export function readOptions (options: WeriftEngineOptions): Settings {
  const own = options.interfaceAddresses ?? machineAddresses()
  checkAddresses('interfaceAddresses', own)
  if (options.announcedAddresses !== undefined) checkAddresses('announcedAddresses', options.announcedAddresses)
  const [minBitrate, maxBitrate] = options.bitrate ?? [150_000, 2_500_000]
  check('bitrate', options.bitrate, minBitrate > 0 && minBitrate <= maxBitrate)
  const codecs = options.codecs ?? ['opus', 'vp8', 'h264']
  check('codecs', codecs, codecs.length > 0 && codecs.every((name) => Object.hasOwn(CODECS, name)))
  return {
    maxStreams: count('maxStreams', options.maxStreams, 150),
    maxForwards: count('maxForwards', options.maxForwards, 150),
    maxTracks: count('maxTracks', options.maxTracks, 8),
    iceServers: options.iceServers ?? [],
    portRange: readPortRange(options.portRange),
    bindAddress: options.interfaceAddresses?.length === 1 ? options.interfaceAddresses[0] ?? null : null,
    addresses: options.announcedAddresses ?? own,
    codecs,
    minBitrate,
    maxBitrate,
    iceTimeoutMs: milliseconds('iceTimeoutMs', options.iceTimeoutMs, 30_000),
    viewerAfterMs: milliseconds('viewerAfterMs', options.viewerAfterMs, 500),
    retryAfterMs: milliseconds('retryAfterMs', options.retryAfterMs, 5_000)
  }
}

/**
 * Binds and closes a socket as media will. werift has no listener for a socket's errors: an address that is not this machine's
 * would end the process at the first participant instead of keeping it from booting.
 */
export async function proveBindable (settings: Settings): Promise<void> {
  const address = settings.bindAddress
  if (address === null) return
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).bind({ port: 0, address }, resolve)
    })
  } catch (error) {
    throw new Error(`interfaceAddresses: cannot bind to ${address}`, { cause: error })
  } finally {
    socket.close()
  }
}

function machineAddresses (): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter((entry) => !entry.internal && !entry.address.startsWith('fe80:'))
  const four = all.filter((entry) => entry.family === 'IPv4')
  const chosen = (four.length > 0 ? four : all).map((entry) => entry.address)
  return chosen.length > 0 ? chosen : ['127.0.0.1']
}

function checkAddresses (name: string, addresses: readonly string[]): void {
  const sameFamily = addresses.every(isIPv4) || addresses.every(isIPv6)
  check(name, addresses, addresses.length > 0 && addresses.every((address) => isIP(address) !== 0) && sameFamily)
}

function readPortRange (range: readonly [number, number] | undefined): readonly [number, number] | null {
  if (range === undefined) return null
  const [min, max] = range
  check('portRange', range, Number.isInteger(min) && Number.isInteger(max) && min >= 1 && max <= 65_535 && max > min)
  return range
}

function count (name: string, value: number | undefined, fallback: number): number {
  const chosen = value ?? fallback
  check(name, chosen, chosen >= 1 && (Number.isInteger(chosen) || chosen === Infinity))
  return chosen
}

function milliseconds (name: string, value: number | undefined, fallback: number): number {
  const chosen = value ?? fallback
  check(name, chosen, Number.isFinite(chosen) && chosen >= 0)
  return chosen
}

function check (name: string, value: unknown, valid: boolean): void {
  if (!valid) throw new RangeError(`weriftEngine: ${name} cannot be ${JSON.stringify(value)}`)
}
