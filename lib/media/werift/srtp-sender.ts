import { createCipheriv } from 'node:crypto'
import type { SrtpSession } from 'werift'
import { sequenceDistance } from './rtp.ts'
import type { RewrittenHeader } from './rtp.ts'

/** AEAD_AES_128_GCM (RFC 7714), by its number in DTLS-SRTP. */
export const AES_GCM = 0x0007
const IV_BYTES = 12

/** What werift's cipher for a profile is asked for here. */
type Cipher = SrtpSession['localContext']['cipher']

/**
 * Encrypts what goes to one receiver, once for each packet: the most expensive step of forwarding.
 *
 * The keys are those that werift has derived, and AES-128-CM with HMAC-SHA1 stays its own. Its AES-GCM leaves 1.1 KB of garbage on the
 * heap and 2.2 KB beside it for each packet of 1 KB; what lies beside the heap makes V8 mark all of it anew, several times a second at a
 * hundred receivers. This one makes what node:crypto makes and nothing else.
 */
export class SrtpSender {
  readonly #cipher: Cipher
  readonly #isGcm: boolean
  readonly #key: Buffer
  readonly #salt: readonly [number, number, number, number]
  readonly #iv = Buffer.alloc(IV_BYTES)
  /** By SSRC: the highest number sent, counted on beyond 16 bits (the packet index of RFC 3711, section 3.3.1). */
  readonly #highest = new Map<number, number>()

  /** @param session of werift, after the handshake */
  constructor ({ config, localContext }: SrtpSession) {
    this.#isGcm = config.profile === AES_GCM
    this.#cipher = localContext.cipher
    this.#key = localContext.srtpSessionKey
    const salt = localContext.srtpSessionSalt
    this.#salt = [salt.readUInt16BE(0), salt.readUInt32BE(2), salt.readUInt32BE(6), salt.readUInt16BE(10)]
  }

  /** The protected packet, in pieces for one datagram. Nothing of it is used again: a socket may hold on to it. */
  protect (payload: Buffer, header: RewrittenHeader): Buffer[] {
    const rollovers = this.#rollovers(header.ssrc, header.sequenceNumber)
    if (!this.#isGcm) return [this.#cipher.encryptRtp(header, payload, rollovers)]
    // Written in place for the next packet of its stream.
    const clear = Buffer.from(header.serialize())
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#initializationVector(header.ssrc, rollovers, header.sequenceNumber))
    cipher.setAAD(clear)
    const encrypted = cipher.update(payload)
    cipher.final()
    return [clear, encrypted, cipher.getAuthTag()]
  }

  /** How often the number has begun anew at 0. A packet that is sent again belongs to the round that it was sent in first. */
  #rollovers (ssrc: number, sequence: number): number {
    const highest = this.#highest.get(ssrc) ?? sequence
    const index = highest + sequenceDistance(highest & 0xffff, sequence)
    if (index >= highest) this.#highest.set(ssrc, index)
    return Math.max(0, Math.floor(index / 0x1_0000))
  }

  /** RFC 7714, section 8.1. */
  #initializationVector (ssrc: number, rollovers: number, sequence: number): Buffer {
    const [first, second, third, last] = this.#salt
    this.#iv.writeUInt16BE(first, 0)
    this.#iv.writeUInt32BE((second ^ ssrc) >>> 0, 2)
    this.#iv.writeUInt32BE((third ^ rollovers) >>> 0, 6)
    this.#iv.writeUInt16BE(last ^ sequence, 10)
    return this.#iv
  }
}
