/** A server listens. */
export function serverReady (port) {
  announce({ port }, () => ({}))
}

/** A load runs. @param count returns the number of answers so far */
export function loadReady (count) {
  announce({}, () => ({ answers: count() }))
}

/** The first word of a process to `processes.js`; later it tells what it has counted whenever it is asked. Without a parent the word is printed. */
function announce (ready, counted) {
  if (process.send === undefined) return console.log(JSON.stringify(ready))
  process.on('message', () => process.send({ ...counted(), cpuMicros: cpuMicros(), atMs: performance.now() }))
  process.on('disconnect', () => process.exit())
  process.send(ready)
}

function cpuMicros () {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** What this load is told to do. */
export function jobOf () {
  return JSON.parse(process.argv[2])
}
