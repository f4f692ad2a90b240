import { connect, createServer } from 'node:net'

/**
 * Passes bytes on in both directions until it cuts a connection without a word, as a bad network does.
 * @param lifetimeMs shortest and longest life of a connection
 * @returns an object with its `port`, and how many it has `cut`
 */
export async function cuttingProxy (port, lifetimeMs) {
  const proxy = { port: 0, cut: 0 }
  const server = createServer((near) => {
    const far = connect({ port, host: '127.0.0.1' })
    const timer = setTimeout(() => {
      proxy.cut++
      near.resetAndDestroy()
      far.resetAndDestroy()
    }, between(lifetimeMs))
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on('error', () => {}).pipe(other)
      one.once('close', () => {
        clearTimeout(timer)
        other.destroy()
      })
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy.port = server.address().port
  return proxy
}

/** A number between the two. */
export function between ([least, most]) {
  return least + Math.random() * (most - least)
}
