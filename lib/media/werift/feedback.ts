import { GenericNack, PictureLossIndication, ReceiverEstimatedMaxBitrate, RtcpPayloadSpecificFeedback, RtcpRrPacket, RtcpSrPacket, RtcpTransportLayerFeedback } from 'werift'
import type { RtcpPacket } from 'werift'
import type { DownTrack } from './down-track.ts'

/** RTCP that the engine writes itself; `from` is the engine's own SSRC on the connection. */
export const rtcp = {
  /** Picture loss indication (RFC 4585, 6.3.1). */
  keyframeRequest: (from: number, mediaSsrc: number): RtcpPacket =>
    new RtcpPayloadSpecificFeedback({ feedback: new PictureLossIndication({ senderSsrc: from, mediaSsrc }) }),

  /** Generic NACK (RFC 4585, 6.2.1). */
  packetRequest: (from: number, mediaSourceSsrc: number, lost: number[]): RtcpPacket =>
    new RtcpTransportLayerFeedback({ feedback: new GenericNack({ senderSsrc: from, mediaSourceSsrc, lost }) }),

  /** Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03): six bits of exponent, eighteen of mantissa. */
  maxBitrate (from: number, bitsPerSecond: number, ssrcs: number[]): RtcpPacket {
    const brExp = Math.max(0, Math.ceil(Math.log2((bitsPerSecond + 1) / 0x40000)))
    return new RtcpPayloadSpecificFeedback({
      feedback: new ReceiverEstimatedMaxBitrate({ senderSsrc: from, mediaSsrc: 0, ssrcNum: ssrcs.length, ssrcFeedbacks: ssrcs, brExp, brMantissa: Math.floor(bitsPerSecond / 2 ** brExp) })
    })
  }
}

/**
 * Takes a receiver's reports and requests to the tracks that they are about.
 *
 * The media SSRC decides. werift's router looks at the sender SSRC first, which belongs to another track of the
 * receiver, and so asked the wrong publisher for key frames.
 */
export function takeFeedback (packet: RtcpPacket, trackOf: (mediaSsrc: number) => DownTrack | undefined): void {
  if (packet instanceof RtcpRrPacket || packet instanceof RtcpSrPacket) {
    for (const report of packet.reports) {
      const track = trackOf(report.ssrc)
      if (track !== undefined) track.fractionLost = report.fractionLost
    }
  } else if (packet instanceof RtcpTransportLayerFeedback) {
    if (packet.feedback instanceof GenericNack) trackOf(packet.feedback.mediaSourceSsrc)?.resend(packet.feedback.lost)
  } else if (packet instanceof RtcpPayloadSpecificFeedback) {
    takeKeyframeRequest(packet.feedback, trackOf)
  }
}

function takeKeyframeRequest (feedback: RtcpPayloadSpecificFeedback['feedback'], trackOf: (mediaSsrc: number) => DownTrack | undefined): void {
  if (feedback instanceof PictureLossIndication) trackOf(feedback.mediaSsrc)?.requestKeyframe()
  // A full intra request names its streams in a list (RFC 5104, 4.3.1); werift does not export its class.
  else if ('fir' in feedback) feedback.fir.forEach(({ ssrc }) => trackOf(ssrc)?.requestKeyframe())
}
