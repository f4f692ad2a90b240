// @ts-check

const FLOOR_MS = 500
const CEILING_MS = 20_000

/**
 * Full jitter: many pages that lose one server must not come back in step. Never zero.
 * @param {number} attempt 0 for the first retry
 * @param {() => number} [random]
 */
export function backoffMs (attempt, random = Math.random) {
  const top = Math.min(CEILING_MS, 2 * FLOOR_MS * 2 ** attempt)
  return Math.round(FLOOR_MS + random() * (top - FLOOR_MS))
}

/**
 * Resolves early when the signal aborts: who waits looks at the signal next.
 * @param {number} ms @param {AbortSignal} signal @returns {Promise<void>}
 */
export function pause (ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => { clearTimeout(timer); signal.removeEventListener('abort', done); resolve() }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
