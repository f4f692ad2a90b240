/** A video of 1 Mbps as a camera sends it: 30 frames a second, each of four packets. */
export const FRAMES_PER_SECOND = 30
export const PACKETS_PER_FRAME = 4
/** Payload; with the RTP header 120 packets a second make 1 Mbps. */
export const PACKET_BYTES = 1_030

const FIRST_OF_KEYFRAME = [0x10, 0x00]
const LATER_IN_FRAME = [0x00, 0x00]

/** The payload of each packet of a frame (RFC 7741). Each frame can be decoded alone, so that nobody waits for one. */
export function framePayloads () {
  return Array.from({ length: PACKETS_PER_FRAME }, (_, index) => Buffer.concat([
    Buffer.from(index === 0 ? FIRST_OF_KEYFRAME : LATER_IN_FRAME), Buffer.alloc(PACKET_BYTES - 2, index + 1)
  ]))
}
