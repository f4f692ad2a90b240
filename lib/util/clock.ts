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

type Handle = ReturnType<typeof setTimeout>

function clockOf (made: (handle: Handle) => void): Clock {
  return {
    now: () => Date.now(),
    after: (delayMs, task) => new SystemTimer(Math.max(0, delayMs), task, made)
  }
}

/** An object and no closures: a session has two or three of them for as long as it lives. */
class SystemTimer implements Timer {
  #handle: Handle

  constructor (delayMs: number, task: () => void, made: (handle: Handle) => void) {
    this.#handle = this.#arm(delayMs, task, made)
  }

  cancel (): void {
    clearTimeout(this.#handle)
  }

  #arm (leftMs: number, task: () => void, made: (handle: Handle) => void): Handle {
    const isLong = leftMs > MAX_TIMEOUT_MS
    const next = isLong ? (): void => { this.#handle = this.#arm(leftMs - MAX_TIMEOUT_MS, task, made) } : task
    const handle = setTimeout(next, isLong ? MAX_TIMEOUT_MS : leftMs)
    made(handle)
    return handle
  }
}
