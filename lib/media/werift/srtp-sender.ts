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
  readonly #salt: Buffer
  /** By SSRC. */
  readonly #streams = new Map<number, ProtectedStream>()

  /** @param session of werift, after the handshake */
  constructor ({ config, localContext }: SrtpSession) {
    this.#isGcm = config.profile === AES_GCM
    this.#cipher = localContext.cipher
    this.#key = localContext.srtpSessionKey
    this.#salt = localContext.srtpSessionSalt
  }

  /** The protected packet, in pieces for one datagram. Nothing of it is used again: a socket may hold on to it. */
  protect (payload: Buffer, header: RewrittenHeader): Buffer[] {
    const { ssrc, sequenceNumber } = header
    const stream = this.#streams.get(ssrc) ?? this.#begin(ssrc, sequenceNumber)
    const rollovers = stream.rolloversAt(sequenceNumber)
    if (!this.#isGcm) return [this.#cipher.encryptRtp(header, payload, rollovers)]
    const clear = header.serialize()
    const cipher = createCipheriv('aes-128-gcm', this.#key, stream.initializationVector(rollovers, sequenceNumber))
    cipher.setAAD(clear)
    const encrypted = cipher.update(payload)
    cipher.final()
    return [clear, encrypted, cipher.getAuthTag()]
  }

  #begin (ssrc: number, sequence: number): ProtectedStream {
    const stream = new ProtectedStream(this.#salt, ssrc, sequence)
    this.#streams.set(ssrc, stream)
    return stream
  }
}

/** What one SSRC's packets are counted and encrypted by. */
class ProtectedStream {
  /** The highest number sent, counted on beyond 16 bits (the packet index of RFC 3711, section 3.3.1). */
  #highest: number
  /** Salt and SSRC, which stay; the count of rounds and the number change. */
  readonly #iv: Buffer
  readonly #saltOfRollovers: number
  readonly #saltOfSequence: number

  constructor (salt: Buffer, ssrc: number, sequence: number) {
    this.#highest = sequence
    this.#iv = Buffer.from(salt.subarray(0, IV_BYTES))
    this.#iv.writeUInt32BE((salt.readUInt32BE(2) ^ ssrc) >>> 0, 2)
    this.#saltOfRollovers = salt.readUInt32BE(6)
    this.#saltOfSequence = salt.readUInt16BE(10)
  }

  /** How often the number has begun anew at 0. A packet that is sent again belongs to the round that it was sent in first. */
  rolloversAt (sequence: number): number {
    const index = this.#highest + sequenceDistance(this.#highest & 0xffff, sequence)
    if (index > this.#highest) this.#highest = index
    return Math.max(0, Math.floor(index / 0x1_0000))
  }

  /** RFC 7714, section 8.1. Written in place for the next packet. */
  initializationVector (rollovers: number, sequence: number): Buffer {
    this.#iv.writeUInt32BE((this.#saltOfRollovers ^ rollovers) >>> 0, 6)
    this.#iv.writeUInt16BE(this.#saltOfSequence ^ sequence, 10)
    return this.#iv
  }
}
