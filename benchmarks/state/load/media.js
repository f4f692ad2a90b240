// The participants of a media measurement, in a process of their own.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { RTCDtlsTransport, SrtpSession } from 'werift'
import { answerCommands, settings } from '../commands.js'
import { paced } from './paced.js'
import { Participant, Refused } from './participant.js'
import { FRAMES_PER_SECOND } from './stream.js'
import { Viewer } from './viewer.js'

/** Handshakes of DTLS under way at once: in JavaScript each takes a good part of a core. */
const AT_ONCE = 4
/** The profile AEAD_AES_128_GCM, which the engine prefers. */
const AES_GCM = 7

let port = 0
const participants = []
const publishers = []
/** Receivers of the bare UDP server. */
const datagrams = { packets: 0, bytes: 0 }

/** As a DTLS client werift now and then does not get through its handshake on a busy machine; the engine is always the server. */
const ATTEMPTS = 3

/** Waits for something to happen to a participant. @returns false when its connection fails */
async function comesAbout (one, condition) {
  while (!condition()) {
    if (one.hasFailed) return false
    await sleep(10)
  }
  return true
}

/** @param subscribes is there something to receive: then it waits until that comes */
async function join ({ publishes, subscribes, ...who }) {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const one = await new Participant().join({ port, secret: settings.secret, ...who })
    if (publishes) await one.publish()
    const isReady = await comesAbout(one, () => (!publishes || one.publishing) && (!subscribes || one.packets > 0))
    if (isReady) return add(one, publishes)
    one.leave()
  }
  throw new Error(`${who.userId} could not connect`)
}

function add (one, publishes) {
  participants.push(one)
  if (publishes) publishers.push(one)
}

/** Lets so many more people in, and waits until all of them get packets. */
async function joinViewers ({ until: count, roomId }) {
  let next = participants.length
  const work = async () => {
    while (next < count) await join({ userId: `user-${next++}`, roomId, publishes: false, subscribes: true })
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Everybody who asks at once to publish in one room. @returns how many were taken, and what the others were told */
async function joinPublishers ({ count, roomId }) {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, (_, index) => join({ userId: `user-${index}`, roomId, publishes: true })))
  const refusals = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason)
  const failure = refusals.find((reason) => !(reason instanceof Refused))
  if (failure !== undefined) throw failure
  return { taken: count - refusals.length, refusals: refusals.map(({ answer }) => answer) }
}

/** Joins that are refused, one after the other for so long. @returns how many */
async function knock ({ roomId, ms }) {
  let times = 0
  for (const endAt = performance.now() + ms; performance.now() < endAt; times++) {
    const one = new Participant()
    const refused = await one.join({ port, secret: settings.secret, userId: `late-${times}`, roomId }).then(() => false, (error) => error instanceof Refused)
    one.leave()
    if (!refused) throw new Error('somebody was let in')
  }
  return times
}

/**
 * From now on packets are counted and not decrypted: what is measured is the engine, and this process has to keep up. Their header
 * is readable as it is.
 */
function stopDecrypting () {
  const zeros = (bytes) => Buffer.alloc(bytes)
  const keys = { localMasterKey: zeros(16), localMasterSalt: zeros(12), remoteMasterKey: zeros(16), remoteMasterSalt: zeros(12) }
  const { remoteContext } = new SrtpSession({ keys, profile: AES_GCM })
  Object.getPrototypeOf(remoteContext).decryptRtp = (data) => [data]
}

async function receiveDatagrams ({ count }) {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'))
  for (const socket of sockets) {
    socket.on('message', (data) => {
      datagrams.packets++
      datagrams.bytes += data.length
    })
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
  }
  return sockets.map((socket) => socket.address().port)
}

/** One more who is offered a stream. @returns the answer */
async function answer ({ sdp }) {
  const one = new Viewer()
  participants.push(one)
  return one.answer(sdp)
}

/** Waits until the last who was offered a stream gets it. */
async function lastReceives () {
  const one = participants.at(-1)
  if (!await comesAbout(one, () => one.packets > 0)) throw new Error('a receiver could not connect')
}

/** What has come in all, and what was sent. */
function received () {
  const all = [...participants, datagrams]
  const sum = (pick) => all.reduce((total, one) => total + pick(one), 0)
  return { packets: sum(({ packets }) => packets), bytes: sum(({ bytes }) => bytes), frames: publishers.reduce((total, { frames }) => total + frames, 0) }
}

// One for all participants, as the engine has one of its own.
await RTCDtlsTransport.SetupCertificate()
let isPaused = false

/** Cameras do not tick together: the publishers take turns within the time of a frame. */
const PHASES = 12
let phase = 0
paced(FRAMES_PER_SECOND * PHASES, () => {
  phase = (phase + 1) % PHASES
  if (!isPaused) for (let index = phase; index < publishers.length; index += PHASES) publishers[index].sendFrame()
})
paced(1, () => { for (const one of participants) one.report() })

answerCommands({
  target: (args) => { port = args.port },
  join,
  joinViewers,
  joinPublishers,
  knock,
  stopDecrypting,
  answer,
  lastReceives,
  receiveDatagrams,
  received,
  /** So that nothing is on its way while packets are counted. */
  pause: (on) => { isPaused = on }
})
