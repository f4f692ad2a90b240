/** Calls `task` so many times a second, making up for timers that come late. @returns a function that stops it */
export function paced (perSecond, task) {
  const startedAt = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - startedAt) / 1_000 * perSecond)
    for (; done < due; done++) task()
  }, 1_000 / perSecond)
  return () => clearInterval(timer)
}
