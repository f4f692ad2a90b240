/** A session in the words of PROTOCOL.md, sections 5 and 7 to 9: numbers, an outbox, a window, buckets, and nothing of how they are made. */

/** What the server of the model is told; small, so that every limit is met within a few messages. */
export const LIMITS = {
  messageBurst: 30,
  messagesPerSecond: 1,
  maxCallsInFlight: 3,
  outboxMessages: 6,
  resumeWindowMs: 60_000,
  stallTimeoutMs: 10_000,
  gapTimeoutMs: 2_000,
  replayMs: 30_000
} as const

/** Who goes on for ten bursts of refusals is closed: MSE-LIMIT-3. */
const FLOOD = 10 * LIMITS.messageBurst
const MAX_WAITING_BODIES = 8

/** What a client may put into one text. */
export type Message =
  | { readonly kind: 'tell' | 'call' | 'slow' | 'unknown', readonly n: number }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'disconnect' }

/** One text. */
export type Text = Message | readonly Message[]

interface Entry { readonly last: number, readonly count: number, readonly text: string }
interface SlowCall { readonly n: number, finish (): void }
interface Body { readonly count: number, readonly texts: Text, readonly tag: number, readonly dueAt: number }

/** As many at once, one more each second: MSE-LIMIT-2. */
class Bucket {
  readonly #burst: number
  #left: number
  #at: number

  constructor (burst: number, now: number) {
    this.#burst = burst
    this.#left = burst
    this.#at = now
  }

  take (now: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + (now - this.#at) / 1_000 * LIMITS.messagesPerSecond)
    this.#at = now
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}

/** What has to be seen of a session from outside. */
export class SessionModel {
  now = 0
  /** What the handlers have seen: each number once, in the order of sending. */
  readonly ran: string[] = []
  /** What has come by the present link since it carries the session. */
  frames: string[] = []
  /** Why the present link was closed; null while it is open. */
  closed: number | null = null
  isLinked = true
  /** It is over for its link, too. */
  isEnded = false
  received = 0
  /** Answers of POSTs, by their tags. */
  readonly answers = new Map<number, string>()
  #top = 0
  #dropped = 0
  #entries: Entry[] = []
  /** Messages that may be open while there is no link. */
  #mayBeOpen = 0
  #windowAt = Infinity
  #stallAt = Infinity
  /** The code with which it ends as soon as the next answer is out. */
  #finishing: number | null = null
  /** Texts that are run and whose answers are not out. */
  #underWay = 0
  readonly #rate: Bucket
  readonly #flood: Bucket
  readonly #slow: SlowCall[] = []
  readonly #replays: Array<{ readonly first: number, readonly count: number, readonly answer: string, readonly at: number }> = []
  readonly #waitingBodies = new Map<number, Body>()
  /** Texts behind a batch whose answer is not out: MSE-ORDER-2. */
  #behind: Array<() => void> | null = null

  /** @param spent messages that the session has sent before its numbers begin */
  constructor (spent: number) {
    this.#rate = new Bucket(LIMITS.messageBurst, 0)
    this.#flood = new Bucket(FLOOD, 0)
    for (let count = 0; count < spent; count++) this.#rate.take(0)
  }

  get isOver (): boolean { return this.isEnded || this.#finishing !== null }
  get open (): number { return this.#top - this.#dropped }
  get top (): number { return this.#top }
  get dropped (): number { return this.#dropped }
  get slowCalls (): number { return this.#slow.length }
  get isHeld (): boolean { return this.#behind !== null }
  /** Numbers that a client may have come to: those at which a text ended. */
  get marks (): number[] { return [this.#dropped, ...this.#entries.map(({ last }) => last)] }

  /** A text by the link. */
  send (text: Text): void {
    if (!this.isLinked) return
    this.received += Array.isArray(text) ? text.length : 1
    this.#inTurn(() => this.#run(text, (answer, count) => this.#push(answer, count)))
  }

  /** The oldest call that was not answered is. */
  finish (): void {
    this.#slow.shift()?.finish()
  }

  /** The server says something by itself. */
  tell (text: string): void {
    this.#push(`chat ${text}`, 1)
  }

  /** The client has everything up to `received`. @returns was it news? What is none counts as a message. */
  acknowledge (received: number): void {
    if (!this.isLinked) return
    if (this.#forget(received)) return
    this.#admit()
  }

  lose (): void {
    if (this.isLinked) this.#unlink()
  }

  /** What a new link that asks for the session is told. */
  resume (received: number, epoch: 'its' | 'another', session: 'its' | 'another'): string {
    if (session === 'another') return 'unknown'
    if (this.isOver) return 'expired'
    if (epoch === 'another') return 'epoch'
    if (!this.marks.includes(received)) return 'gap'
    this.#attach(received)
    return `resumed ${this.received}`
  }

  /** A POST with a number. Its answer is in `answers` when there is one. */
  post (tag: number, first: number, texts: Text): void {
    if (this.isOver) return this.#answer(tag, '404')
    if (!this.isLinked) this.#windowAt = this.now + LIMITS.resumeWindowMs
    const count = Array.isArray(texts) ? texts.length : 1
    const next = this.received + 1
    if (first < next) return this.#repeat(tag, first, count)
    if (this.isLinked) return this.#answer(tag, '409')
    if (first === next) return this.#take(tag, first, count, texts)
    this.#wait(tag, first, { count, texts, tag, dueAt: this.now + LIMITS.gapTimeoutMs })
  }

  disconnect (): void {
    this.send({ kind: 'disconnect' })
  }

  advance (ms: number): void {
    const until = this.now + ms
    for (;;) {
      const bodies = [...this.#waitingBodies].map(([first, { dueAt }]) => ({ at: dueAt, run: () => this.#giveUp(first) }))
      const due = [
        { at: this.#windowAt, run: () => this.#end(1000) },
        { at: this.#stallAt, run: () => { this.closed = 4000; this.#unlink() } },
        ...bodies
      ].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.now = due.at
      due.run()
    }
    this.now = until
  }

  #inTurn (run: () => void): void {
    if (this.isOver) return
    if (this.#behind === null) run()
    else this.#behind.push(() => { if (!this.isOver) run() })
  }

  /** One text, and its answer as soon as there is one. */
  #run (text: Text, deliver: (answer: string, count: number) => void): void {
    const done = (answers: readonly string[], answer: string): void => {
      this.#underWay--
      if (answers.length > 0) deliver(answer, answers.length)
      this.#endIfFinishing()
    }
    this.#underWay++
    if (Array.isArray(text)) this.#runBatch(text as readonly Message[], 0, [], (answers) => done(answers, `[${answers.join()}]`))
    else this.#runOne(text as Message, (answer) => done(answer === null ? [] : [answer], String(answer)))
  }

  #runBatch (messages: readonly Message[], at: number, answers: readonly string[], done: (answers: readonly string[]) => void): void {
    const message = messages[at]
    if (message === undefined) return done(answers)
    let isAnswered = false
    let isHolding = false
    this.#runOne(message, (answer) => {
      isAnswered = true
      this.#runBatch(messages, at + 1, answer === null ? answers : [...answers, answer], (all) => {
        done(all)
        if (isHolding) this.#release()
      })
    })
    if (isAnswered || this.#behind !== null) return
    isHolding = true
    this.#behind = []
  }

  /** What waits behind a batch goes on until the next one that has to be waited for. */
  #release (): void {
    const waiting = this.#behind ?? []
    this.#behind = null
    while (this.#behind === null) {
      const next = waiting.shift()
      if (next === undefined) return
      next()
    }
    const held: Array<() => void> = this.#behind
    held.push(...waiting)
  }

  #runOne (message: Message, answered: (answer: string | null) => void): void {
    const isAdmitted = this.#admit()
    if (message.kind === 'garbage') return answered('null -1001')
    if (message.kind === 'tell') {
      if (isAdmitted && this.#slow.length < LIMITS.maxCallsInFlight && !this.isOver) this.ran.push(`tell ${message.n}`)
      return answered(null)
    }
    if (message.kind === 'disconnect') {
      if (isAdmitted && this.#slow.length < LIMITS.maxCallsInFlight && !this.isOver) this.#finish(1000)
      return answered(null)
    }
    if (!isAdmitted || this.#slow.length >= LIMITS.maxCallsInFlight) return answered(`${message.n} -8001`)
    if (message.kind === 'unknown') return answered(`${message.n} -32601`)
    if (this.isOver) return answered(`${message.n} -5001`)
    this.ran.push(`${message.kind} ${message.n}`)
    if (message.kind === 'call') return answered(`${message.n} done`)
    this.#slow.push({ n: message.n, finish: () => answered(`${message.n} done`) })
  }

  #admit (): boolean {
    if (this.#rate.take(this.now)) return true
    if (!this.#flood.take(this.now)) this.#finish(4029)
    return false
  }

  #finish (code: number): void {
    this.#finishing ??= code
    if (this.#underWay === 0) this.#endIfFinishing()
  }

  #endIfFinishing (): void {
    if (this.#finishing !== null) this.#end(this.#finishing)
  }

  #push (text: string, count: number): void {
    if (this.isEnded) return
    this.#top += count
    this.#entries.push({ last: this.#top, count, text })
    if (this.isLinked) {
      this.frames.push(text)
      this.#watch()
      return
    }
    while (this.open > this.#mayBeOpen && this.#entries.length > 0) this.#dropped = this.#entries.shift()?.last ?? this.#dropped
  }

  #forget (received: number): boolean {
    if (received > this.#top) return false
    const before = this.#dropped
    while ((this.#entries[0]?.last ?? Infinity) <= received) this.#dropped = this.#entries.shift()?.last ?? this.#dropped
    if (this.#dropped === before) return false
    this.#stallAt = Infinity
    this.#watch()
    return true
  }

  /** A link that is behind has so long to make progress: MSE-NUM-7. */
  #watch (): void {
    if (this.isLinked && this.open > LIMITS.outboxMessages) this.#stallAt = Math.min(this.#stallAt, this.now + LIMITS.stallTimeoutMs)
  }

  #attach (received: number): void {
    for (const first of [...this.#waitingBodies.keys()]) this.#giveUp(first)
    this.isLinked = true
    this.closed = null
    this.#windowAt = Infinity
    this.#stallAt = Infinity
    while ((this.#entries[0]?.last ?? Infinity) <= received) this.#dropped = this.#entries.shift()?.last ?? this.#dropped
    this.frames = this.#entries.map(({ text }) => text)
  }

  #unlink (): void {
    this.isLinked = false
    this.#stallAt = Infinity
    this.#mayBeOpen = this.open + LIMITS.outboxMessages
    this.#windowAt = this.now + LIMITS.resumeWindowMs
  }

  #end (code: number): void {
    if (this.isEnded) return
    this.isEnded = true
    if (this.isLinked) this.closed = code
    this.isLinked = false
    this.#windowAt = Infinity
    this.#stallAt = Infinity
    for (const first of [...this.#waitingBodies.keys()]) this.#giveUp(first)
  }

  #take (tag: number, first: number, count: number, texts: Text): void {
    this.received += count
    let answer = ''
    this.#run(texts, (text) => { answer = text })
    this.#replays.push({ first, count, answer, at: this.now })
    this.#answer(tag, `200 ${answer}`)
    const next = this.#waitingBodies.get(this.received + 1)
    if (next === undefined) return
    this.#waitingBodies.delete(this.received + 1)
    this.#take(next.tag, this.received + 1, next.count, next.texts)
  }

  #repeat (tag: number, first: number, count: number): void {
    const kept = this.#replays.find((replay) => replay.first === first && replay.count === count && replay.at > this.now - LIMITS.replayMs)
    this.#answer(tag, kept === undefined ? '409' : `200 ${kept.answer} again`)
  }

  #wait (tag: number, first: number, body: Body): void {
    this.#giveUp(first)
    if (this.#waitingBodies.size >= MAX_WAITING_BODIES) return this.#answer(tag, '409')
    this.#waitingBodies.set(first, body)
  }

  #giveUp (first: number): void {
    const body = this.#waitingBodies.get(first)
    if (body === undefined) return
    this.#waitingBodies.delete(first)
    this.#answer(body.tag, '409')
  }

  #answer (tag: number, answer: string): void {
    this.answers.set(tag, answer)
  }
}
