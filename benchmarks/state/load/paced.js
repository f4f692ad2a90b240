/**
 * Calls `task` so many times a second, making up for timers that come late.
 * @param mostAtOnce of those that are late; the rest waits for the next timers
 * @returns a function that stops it
 */
export function paced (perSecond, task, mostAtOnce = Infinity) {
  const startedAt = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const due = Math.min(done + mostAtOnce, Math.floor((performance.now() - startedAt) / 1_000 * perSecond))
    for (; done < due; done++) task()
  }, 1_000 / perSecond)
  return () => clearInterval(timer)
}
