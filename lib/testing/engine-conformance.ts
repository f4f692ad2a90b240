/**
 * What every media engine must do, as checks that need no test framework and no media: they speak to the engine as its host does,
 * with offers that a browser could have written. Whether media flows is for a real browser to see.
 */
import assert from 'node:assert/strict'
import type { Candidate, Description, MediaEngine, MediaPeer, PeerEnd } from '../media/engine.ts'
import { NEGOTIATION } from '../media/negotiation.ts'
import { parseSdp } from '../media/sdp.ts'
import type { SdpMedia } from '../media/sdp.ts'
import { MSE_ERRORS } from '../protocol/errors.ts'
import { systemClock } from '../util/clock.ts'
import { silentLogger } from '../util/logger.ts'
import { FakeClock } from './fake-clock.ts'

/** One thing that an engine must do. Its `run` rejects with an AssertionError when the engine does not. */
export interface EngineCheck {
  /** What it is about, as a sentence; the title for a test. */
  readonly name: string
  /** Makes an engine, tries it and closes it. */
  run (): Promise<void>
}

/**
 * The checks that an engine must pass.
 *
 * @param makeEngine a new engine each time, not yet open, with room for at least ten participants
 * @example
 * for (const { name, run } of engineConformance(() => myEngine())) test(name, run)
 */
export function engineConformance (makeEngine: () => MediaEngine | Promise<MediaEngine>): EngineCheck[] {
  return Object.entries(CHECKS).map(([name, check]) => ({
    name,
    async run () {
      const stage = await Stage.set(makeEngine)
      try {
        await check(stage)
      } finally {
        await stage.clear()
      }
    }
  }))
}

type Check = (stage: Stage) => Promise<void>

const CHECKS: Readonly<Record<string, Check>> = {
  'answers an offer with every m-line in its place': async (stage) => {
    const ann = await stage.join('ann')
    ann.offer(['audio', 'video'])
    const answer = await ann.next('answer')
    assert.deepEqual(lines(answer).map(({ kind, mid }) => [kind, mid]), [['audio', '0'], ['video', '1']])
    assert.ok(lines(answer).every(({ direction, port }) => direction === 'recvonly' && port !== 0), 'a published m-line is received')
  },

  'shows a publisher to the others of its room, under its user id, and to nobody else': async (stage) => {
    const [ann, bob, stranger] = [await stage.join('ann'), await stage.join('bob'), await stage.join('stranger', 'another room')]
    for (const one of [ann, bob, stranger]) one.offer(['audio', 'video'])
    assert.deepEqual(streams(await bob.next('offer', shows('ann'))), ['ann'])
    assert.deepEqual(streams(await ann.next('offer', shows('bob'))), ['bob'])
    assert.ok(!stranger.got('offer').some((offer) => streams(offer).length > 0), 'rooms never see each other')
  },

  'offers again when somebody leaves, after the offer before has been answered': async (stage) => {
    const [ann, bob] = [await stage.join('ann'), await stage.join('bob')]
    bob.offer(['audio'])
    ann.offer(['audio', 'video'])
    const first = await bob.next('offer', shows('ann'))
    await ann.leave()
    await stage.pass(NEGOTIATION.coalesceMs * 10)
    assert.equal(bob.got('offer').length, 1, 'one offer is outstanding at a time')
    bob.answer(first)
    assert.deepEqual(streams(await bob.next('offer', (offer) => offer.sdp !== first.sdp)), [])
  },

  'never sends an offer to a client with one connection': async (stage) => {
    const [one, ann] = [await stage.join('one'), await stage.join('ann')]
    one.offer(['audio', 'video'], 'sendrecv')
    ann.offer(['audio', 'video'])
    const answer = await one.next('answer')
    assert.ok(lines(answer).every(({ direction }) => direction === 'sendrecv'), 'its m-lines are slots')
    assert.deepEqual(streams(await ann.next('offer', shows('one'))), ['one'])
    await stage.pass(2_000)
    assert.equal(one.got('offer').length, 0)
  },

  'resends an unanswered offer once, then ends the participant with negotiation and nobody else': async (stage) => {
    const [ann, bob] = [await stage.join('ann'), await stage.join('bob')]
    bob.offer(['audio'])
    ann.offer(['audio'])
    ann.answer(await ann.next('offer', shows('bob')))
    await bob.next('offer', shows('ann'))
    await stage.pass(NEGOTIATION.answerTimeoutMs)
    await until('the offer is resent', () => bob.got('offer').length === 2)
    assert.equal(bob.got('offer')[1]?.sdp, bob.got('offer')[0]?.sdp)
    await stage.pass(NEGOTIATION.answerTimeoutMs)
    await until('the participant is ended', () => bob.ended !== null)
    assert.equal(bob.ended, 'negotiation')
    assert.equal(ann.ended, null)
  },

  'ignores stray answers, garbage and candidates for nothing, and goes on': async (stage) => {
    const ann = await stage.join('ann')
    for (const type of ['offer', 'answer'] as const) {
      for (const sdp of ['', 'garbage', 'v=0\r\n', 'v=0\r\nm=audio 0 x 0\r\n', `v=0\r\n${'m=video 9 x 96\r\n'.repeat(8_000)}`, sampleOffer(['audio'], 'inactive').replaceAll(/a=(ice|fing).*\r\n/g, '')]) ann.peer.describe({ type, sdp })
    }
    for (const candidate of ['', 'garbage', 'candidate:1 1 udp 1 nobody.local 9 typ host', 'candidate:1 1 udp 1 127.0.0.1 99999 typ host']) ann.peer.candidate({ candidate, sdpMid: '7' })
    ann.offer(['audio'])
    await ann.next('answer', (answer) => lines(answer)[0]?.direction === 'recvonly')
    assert.equal(ann.ended, null)
  },

  'serves the others when the callbacks of one throw': async (stage) => {
    const fail = (): never => { throw new Error('a callback of the host throws') }
    const bad = await stage.engine.join({ userId: 'bad', roomId: 'r', sessionId: 'bad', signal: new AbortController().signal, sendDescription: fail, sendCandidate: fail, closed: fail })
    bad.describe({ type: 'offer', sdp: sampleOffer(['audio'], 'sendonly') })
    const ann = await stage.join('ann')
    ann.offer(['audio'])
    await ann.next('answer')
    await bad.close('over')
  },

  'rejects a join whose signal is aborted, and ends a participant whose signal aborts, without a word': async (stage) => {
    await assert.rejects(stage.join('late', 'r', AbortSignal.abort()))
    const leaving = new AbortController()
    const [ann, bob] = [await stage.join('ann', 'r', leaving.signal), await stage.join('bob')]
    bob.offer(['audio'])
    ann.offer(['audio'])
    bob.answer(await bob.next('offer', shows('ann')))
    leaving.abort()
    await bob.next('offer', (offer) => streams(offer).length === 0)
    assert.equal(ann.ended, null)
  },

  'closes a participant as often as one likes, and says nothing to it afterwards': async (stage) => {
    const [ann, bob] = [await stage.join('ann'), await stage.join('bob')]
    ann.offer(['audio'])
    await ann.next('answer')
    await Promise.all([ann.peer.close('over'), ann.peer.close('again')])
    const said = ann.said
    bob.offer(['audio'])
    ann.offer(['audio'])
    ann.peer.candidate({ candidate: '' })
    await bob.next('answer')
    await stage.pass(2 * NEGOTIATION.answerTimeoutMs)
    assert.equal(ann.said, said)
    assert.equal(ann.ended, null)
  },

  'takes nobody after close, which ends everybody without a word and may be called twice': async (stage) => {
    const ann = await stage.join('ann')
    await Promise.all([stage.engine.close(), stage.engine.close()])
    assert.equal(ann.ended, null)
    await assert.rejects(stage.join('late'), (error: { code?: unknown, data?: { retryAfterMs?: unknown } }) => {
      assert.equal(error.code, MSE_ERRORS.unavailable.code)
      assert.equal(typeof error.data?.retryAfterMs, 'number')
      return true
    })
  },

  'takes participants again when it is opened after close, as its host does with one that has failed': async (stage) => {
    await stage.join('ann')
    await stage.engine.close()
    await stage.open()
    const bob = await stage.join('bob')
    bob.offer(['audio'])
    await bob.next('answer')
    const stats = await stage.engine.stats?.()
    assert.equal(stats?.peers ?? 1, 1, 'those of before are gone')
  },

  'counts its participants and rooms, if it counts': async (stage) => {
    const ann = await stage.join('ann')
    await stage.join('bob', 'another room')
    const stats = await stage.engine.stats?.()
    if (stats === undefined) return
    assert.deepEqual([stats.peers, stats.rooms], [2, 2])
    assert.ok(stats.streams <= stats.maxStreams)
    await ann.leave()
    const after = await stage.engine.stats?.()
    assert.deepEqual([after?.peers, after?.rooms], [1, 1])
  }
}

/** An engine that is open, with a clock that the check moves. */
class Stage {
  readonly engine: MediaEngine
  readonly #clock: FakeClock
  readonly #actors: Actor[] = []
  #failure: { readonly error: unknown } | null = null

  private constructor (engine: MediaEngine, clock: FakeClock) {
    this.engine = engine
    this.#clock = clock
  }

  static async set (makeEngine: () => MediaEngine | Promise<MediaEngine>): Promise<Stage> {
    const engine = await makeEngine()
    const clock = new FakeClock(systemClock.now())
    const stage = new Stage(engine, clock)
    await stage.open()
    return stage
  }

  /** No engine fails by itself while it is checked, closing it included. */
  async open (): Promise<void> {
    await this.engine.open?.({ log: silentLogger, clock: this.#clock, failed: (error) => { this.#failure ??= { error } } })
  }

  async join (userId: string, roomId = 'r', signal = new AbortController().signal): Promise<Actor> {
    const actor = new Actor((ms) => this.pass(ms))
    actor.peer = await this.engine.join({ ...actor, userId, roomId, sessionId: `${userId}-session`, signal })
    this.#actors.push(actor)
    return actor
  }

  /** Lets time go by in steps, so that what waits for a timer and what waits for the machine take turns. */
  async pass (ms: number): Promise<void> {
    await settle()
    this.#clock.advance(ms)
    await settle()
  }

  async clear (): Promise<void> {
    await Promise.allSettled(this.#actors.map(({ peer }) => peer.close('the check is over')))
    await this.engine.close()
    assert.equal(this.#failure, null, 'it never says that it has failed')
  }
}

/** The host's end of a participant. */
class Actor {
  peer!: MediaPeer
  ended: PeerEnd | null = null
  said = 0
  readonly #pass: (ms: number) => Promise<void>
  readonly #descriptions: Description[] = []

  constructor (pass: (ms: number) => Promise<void>) {
    this.#pass = pass
  }

  readonly sendDescription = (description: Description): void => {
    this.said++
    this.#descriptions.push(description)
  }

  readonly sendCandidate = (_candidate: Candidate): void => { this.said++ }
  readonly closed = (reason: PeerEnd): void => {
    this.said++
    this.ended = reason
  }

  got (type: Description['type']): Description[] {
    return this.#descriptions.filter((description) => description.type === type)
  }

  /** The first description of this type that fits, now or later. */
  async next (type: Description['type'], fits: (description: Description) => boolean = () => true): Promise<Description> {
    await until(`an ${type} comes`, async () => {
      await this.#pass(NEGOTIATION.coalesceMs)
      return this.got(type).some(fits)
    })
    return this.got(type).find(fits) as Description
  }

  offer (kinds: ReadonlyArray<'audio' | 'video'>, direction: 'sendonly' | 'sendrecv' = 'sendonly'): void {
    this.peer.describe({ type: 'offer', sdp: sampleOffer(kinds, direction) })
  }

  answer (offer: Description): void {
    this.peer.describe({ type: 'answer', sdp: offer.sdp.replaceAll('a=setup:actpass', 'a=setup:active').replaceAll('a=sendonly', 'a=recvonly').replaceAll(/a=(ssrc|msid|candidate).*\r\n/g, '').replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:answ') })
  }

  leave (): Promise<void> {
    return this.peer.close('left')
  }
}

const lines = ({ sdp }: Description): readonly SdpMedia[] => parseSdp(sdp)?.media ?? []

/** Ids of the remote streams that the description sends. */
function streams ({ sdp }: Description): string[] {
  return [...new Set([...sdp.matchAll(/^a=msid:(\S+)/gm)].map(([, id]) => id ?? ''))]
}

const shows = (userId: string) => (description: Description): boolean => streams(description).includes(userId)

/** An offer as a browser writes it, shortened. */
function sampleOffer (kinds: ReadonlyArray<'audio' | 'video'>, direction: string): string {
  const codecs = { audio: ['111', 'a=rtpmap:111 opus/48000/2'], video: ['96', 'a=rtpmap:96 VP8/90000', 'a=rtcp-fb:96 nack pli', 'a=rtcp-fb:96 goog-remb'] } as const
  const media = kinds.flatMap((kind, index) => {
    const [format, ...attributes] = codecs[kind]
    return [
      `m=${kind} 9 UDP/TLS/RTP/SAVPF ${format}`, 'c=IN IP4 0.0.0.0', `a=mid:${index}`, `a=${direction}`, 'a=rtcp-mux', ...attributes,
      'a=ice-ufrag:samp', 'a=ice-pwd:samplesamplesamplesample', 'a=setup:actpass', `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
      `a=msid:stream track-${kind}`, `a=ssrc:${1_000 + index} cname:sample`
    ]
  })
  return `${['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${kinds.map((_, index) => index).join(' ')}`, ...media].join('\r\n')}\r\n`
}

/** A turn of the machine, in which sockets may open. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

async function until (what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await condition()) return
    await settle()
  }
  assert.fail(`it never came about that ${what}`)
}
