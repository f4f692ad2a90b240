/** What has something to write. */
export interface Flushable {
  /** Bytes that wait to be written. */
  readonly pendingBytes: number
  flush (): void
}

/** Who has more to write waits for those who have less. */
const MUCH = 4_096
/** Bytes of those that one turn writes: the kernel takes 10 to 20 microseconds for 16 KB. */
const MUCH_PER_TURN = 131_072
/** Or this share of all that waits, if that is more: a server that is asked for more than it can write must get to read less, not take its own delay for slow readers. */
const SHARE_PER_TURN = 1 / 4

let fresh: Flushable[] = []
/** Those who have much, in the order in which they got it. */
let waiting: Flushable[] = []
let isComing = false

/**
 * Flushes at the end of this turn of the event loop; who has much to write, perhaps some turns later. A picture for a room of fifty would otherwise keep whoever asks for
 * something short waiting until the last of the fifty has been written to.
 */
export function flushSoon (one: Flushable): void {
  fresh.push(one)
  comeSoon()
}

function comeSoon (): void {
  if (isComing) return
  isComing = true
  setImmediate(flushTurn)
}

function flushTurn (): void {
  isComing = false
  const all = fresh
  fresh = []
  for (const one of all) {
    if (one.pendingBytes <= MUCH) one.flush()
    else waiting.push(one)
  }
  if (waiting.length === 0) return
  const turn = oneTurn()
  waiting = waiting.slice(turn.length)
  if (waiting.length > 0) comeSoon()
  for (const one of turn) one.flush()
}

/** Those of the waiting whose turn it is. */
function oneTurn (): Flushable[] {
  const all = waiting.reduce((bytes, { pendingBytes }) => bytes + pendingBytes, 0)
  const most = Math.max(MUCH_PER_TURN, all * SHARE_PER_TURN)
  let bytes = 0
  const end = waiting.findIndex(({ pendingBytes }) => (bytes += pendingBytes) >= most)
  return waiting.slice(0, end === -1 ? waiting.length : end + 1)
}
