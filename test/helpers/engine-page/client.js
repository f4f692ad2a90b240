/* global window, document, RTCPeerConnection, MediaStream, engineSend */
// A participant in a page: two peer connections, or one with slots. Signals go through functions that the test exposes.

const peers = {}
const state = { publish: null, subscribe: null, one: null, local: null, offers: 0, media: new Map() }
window.client = { join, joinOne, leave, restartPublish, share, unshare, counts, streams, state }

window.engineReceive = async (kind, body) => {
  if (kind === 'candidate') return addCandidate(body)
  if (body.type === 'offer') return answer(body)
  const connection = state.one ?? state.publish
  await connection.setRemoteDescription(body)
}

/** Publishes what is named in `kinds` and is ready to be offered the others' tracks. */
async function join ({ kinds = ['audio', 'video'], codec = null } = {}) {
  state.subscribe = newConnection('subscribe')
  state.subscribe.ontrack = ({ track, streams: [stream] }) => show(track, stream)
  if (kinds.length === 0) return
  state.publish = newConnection('publish')
  const stream = await camera(kinds)
  for (const track of stream.getTracks()) {
    const transceiver = state.publish.addTransceiver(track, { direction: 'sendonly', streams: [stream] })
    if (codec !== null && track.kind === 'video') transceiver.setCodecPreferences(window.RTCRtpSender.getCapabilities('video').codecs.filter(({ mimeType }) => mimeType === codec))
  }
  await offer(state.publish)
}

/** One connection: sends one audio and one video, and has `slots` of each to receive. */
async function joinOne ({ slots = 1 } = {}) {
  state.one = newConnection('one')
  state.one.ontrack = ({ track, streams: [stream] }) => show(track, stream)
  const stream = await camera(['audio', 'video'])
  for (const track of stream.getTracks()) state.one.addTransceiver(track, { direction: 'sendrecv', streams: [stream] })
  for (let i = 1; i < slots; i++) for (const kind of ['audio', 'video']) state.one.addTransceiver(kind, { direction: 'recvonly' })
  await offer(state.one)
}

function leave () {
  for (const connection of [state.publish, state.subscribe, state.one]) connection?.close()
  for (const { element } of state.media.values()) element.remove()
  state.media.clear()
  Object.assign(state, { publish: null, subscribe: null, one: null })
}

async function restartPublish () {
  const connection = state.one ?? state.publish
  connection.restartIce()
  await offer(connection)
}

/** A second video track of the same publisher. */
async function share () {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: 160, height: 120 })
  const paint = canvas.getContext('2d')
  let hue = 0
  state.painting = setInterval(() => {
    paint.fillStyle = `hsl(${hue = (hue + 20) % 360} 80% 50%)`
    paint.fillRect(0, 0, 160, 120)
  }, 50)
  const stream = canvas.captureStream(15)
  state.screen = state.publish.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', streams: [stream] })
  await offer(state.publish)
}

async function unshare () {
  clearInterval(state.painting)
  state.publish.removeTrack(state.screen.sender)
  await offer(state.publish)
}

async function offer (connection) {
  await connection.setLocalDescription()
  engineSend('description', { type: 'offer', sdp: connection.localDescription.sdp })
}

async function answer (description) {
  state.offers++
  const connection = state.subscribe
  await connection.setRemoteDescription(description)
  await connection.setLocalDescription()
  engineSend('description', { type: 'answer', sdp: connection.localDescription.sdp })
}

async function addCandidate (candidate) {
  for (const connection of Object.values(peers)) {
    if (connection.signalingState !== 'closed' && connection.remoteDescription?.sdp.includes(`a=ice-ufrag:${candidate.usernameFragment}`)) await connection.addIceCandidate(candidate)
  }
}

function newConnection (name) {
  const connection = new RTCPeerConnection()
  peers[name] = connection
  connection.onicecandidate = ({ candidate }) => { if (candidate !== null) engineSend('candidate', candidate.toJSON()) }
  return connection
}

async function camera (kinds) {
  state.local ??= await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240, frameRate: 15 } })
  return new MediaStream(state.local.getTracks().filter(({ kind }) => kinds.includes(kind)))
}

/** A track is decoded only where something plays it. */
function show (track, stream) {
  const element = document.createElement(track.kind)
  Object.assign(element, { autoplay: true, muted: track.kind === 'video', srcObject: new MediaStream([track]) })
  document.body.append(element)
  state.media.set(track, { element, stream: stream?.id ?? null })
}

/** What is received on each m-line now. */
async function counts () {
  const found = []
  for (const connection of Object.values(peers)) {
    if (connection.signalingState === 'closed') continue
    for (const transceiver of connection.getTransceivers()) {
      const stats = [...(await transceiver.receiver.getStats()).values()].find(({ type }) => type === 'inbound-rtp')
      const live = ['recvonly', 'sendrecv'].includes(transceiver.currentDirection)
      if (live && stats) found.push({ mid: transceiver.mid, kind: stats.kind, ssrc: stats.ssrc, packets: stats.packetsReceived, frames: stats.framesDecoded ?? 0, energy: stats.totalAudioEnergy ?? 0, samples: stats.totalSamplesReceived ?? 0, codec: stats.codecId })
    }
  }
  return found
}

/** Remote streams with their live tracks: { userId: ['audio', 'video'] }. */
function streams () {
  const found = {}
  for (const connection of Object.values(peers)) {
    if (connection.signalingState === 'closed') continue
    for (const { receiver, currentDirection, mid } of connection.getTransceivers()) {
      if (!['recvonly', 'sendrecv'].includes(currentDirection)) continue
      const line = connection.remoteDescription.sdp.split('\r\nm=').find((section) => section.includes(`\r\na=mid:${mid}\r\n`))
      const id = /a=msid:(\S+)/.exec(line)?.[1]
      if (id !== undefined) (found[id] ??= []).push(receiver.track.kind)
    }
  }
  for (const kinds of Object.values(found)) kinds.sort()
  return found
}
