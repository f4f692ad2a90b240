/** A pending timer; opaque to everybody but the clock that made it. */
export interface Timer {
  /** Forget the timer. Safe to call twice and after it fired. */
  cancel (): void
}

/** Time as a parameter, so that a test moves it instead of sleeping. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now (): number
  /**
   * Run `task` once after `delayMs`.
   * Delays beyond 2^31-1 ms are kept faithfully: Node would fire them at once.
   */
  after (delayMs: number, task: () => void): Timer
}

/** The longest delay that `setTimeout` keeps; a longer one fires after 1 ms. */
const MAX_TIMEOUT_MS = 2_147_483_647

/** The machine's own clock. Its timers never keep a process alive. */
export const systemClock: Clock = /* @__PURE__ */ clockOf((handle) => {
  // In a browser a timer is a number and has no unref.
  if (typeof handle === 'object') handle.unref()
})

/** The same for those who have nothing else that keeps the process alive while they wait, such as a client between two attempts. */
export const holdingClock: Clock = /* @__PURE__ */ clockOf(() => {})

function clockOf (made: (handle: ReturnType<typeof setTimeout>) => void): Clock {
  return {
    now: () => Date.now(),
    after (delayMs, task) {
      let handle: ReturnType<typeof setTimeout>
      const arm = (leftMs: number): void => {
        const stepMs = Math.min(leftMs, MAX_TIMEOUT_MS)
        handle = setTimeout(() => { leftMs > stepMs ? arm(leftMs - stepMs) : task() }, stepMs)
        made(handle)
      }
      arm(Math.max(0, delayMs))
      return { cancel: () => clearTimeout(handle) }
    }
  }
}
