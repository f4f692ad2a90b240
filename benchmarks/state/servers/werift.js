// The peer of forwarding: werift as its own examples use it, a peer connection for each receiver and a track that all of them send.
import { MediaStreamTrack, RTCPeerConnection, RtpHeader, RtpPacket } from 'werift'
import { answerCommands, measurements } from '../commands.js'
import { paced } from '../load/paced.js'
import { FRAMES_PER_SECOND, framePayloads } from '../load/stream.js'

const RTP_TICKS_PER_FRAME = 3_000
const ON_LOOPBACK = { iceServers: [], iceUseIpv6: false, iceInterfaceAddresses: { udp4: '127.0.0.1' }, iceAdditionalHostAddresses: ['127.0.0.1'] }

const track = new MediaStreamTrack({ kind: 'video' })
const payloads = framePayloads()
const connections = []
let sequence = 0
let frames = 0

/** What a new receiver is offered. */
async function offer () {
  const connection = new RTCPeerConnection(ON_LOOPBACK)
  connection.addTransceiver(track, { direction: 'sendonly' })
  await connection.setLocalDescription(await connection.createOffer())
  connections.push(connection)
  return { id: connections.length - 1, sdp: connection.localDescription.sdp }
}

async function answered ({ id, sdp }) {
  await connections[id].setRemoteDescription({ type: 'answer', sdp })
}

/** As it would come from a publisher; werift gives each receiver's stream its own SSRC and payload type. */
function frame () {
  frames++
  for (const [index, payload] of payloads.entries()) {
    const header = new RtpHeader({ payloadType: 96, marker: index === payloads.length - 1, sequenceNumber: sequence++ & 0xffff, timestamp: frames * RTP_TICKS_PER_FRAME, ssrc: 1 })
    track.writeRtp(new RtpPacket(header, payload))
  }
}

paced(FRAMES_PER_SECOND, frame)
answerCommands({ ...measurements, port: () => 0, offer, answered })
