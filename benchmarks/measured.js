/** Said by a process that is measured when it is ready: `read` answers each later question of `processes.js`. Without a parent the first word is printed. */
export function announce (ready, read) {
  if (process.send === undefined) return console.log(JSON.stringify(ready))
  process.on('message', () => process.send(read()))
  process.on('disconnect', () => process.exit())
  process.send(ready)
}

/** A server listens. It tells how much processor time it has used. */
export function serverReady (port) {
  announce({ port }, () => {
    const { user, system } = process.cpuUsage()
    return { cpuMicros: user + system, atMs: performance.now() }
  })
}

/** A load runs. It tells what it has counted. @param count returns the number of answers so far */
export function loadReady (count) {
  announce({}, () => ({ answers: count(), atMs: performance.now() }))
}

/** What this load is told to do. */
export function jobOf () {
  return JSON.parse(process.argv[2])
}
