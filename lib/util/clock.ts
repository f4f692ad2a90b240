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
   * Run `task` once after `delayMs`. Timers never keep the process alive by themselves.
   * Delays beyond 2^31-1 ms are kept faithfully: Node would fire them at once.
   */
  after (delayMs: number, task: () => void): Timer
}

/** The longest delay that `setTimeout` keeps; a longer one fires after 1 ms. */
const MAX_TIMEOUT_MS = 2_147_483_647

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after (delayMs, task) {
    let handle: ReturnType<typeof setTimeout>
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, MAX_TIMEOUT_MS)
      handle = setTimeout(() => { leftMs > stepMs ? arm(leftMs - stepMs) : task() }, stepMs)
      // In a browser a timer is a number and has no unref.
      if (typeof handle === 'object') handle.unref()
    }
    arm(Math.max(0, delayMs))
    return { cancel: () => clearTimeout(handle) }
  }
}
