// @ts-check

const CEILING_MS = 20_000

/**
 * A queue of one: descriptions of one connection are applied strictly one after the other.
 * A failed step is reported and does not stop those behind it.
 * @param {(error: unknown) => void} onError
 */
export function serialQueue (onError) {
  let tail = Promise.resolve()
  /** @param {() => Promise<void>} step */
  return (step) => {
    tail = tail.then(step).catch(onError)
    return tail
  }
}

/**
 * Calls `onTrouble` while a connection stays failed or disconnected: first after `graceMs`, because most
 * interruptions mend themselves, then at growing intervals. `tries` counts from 1.
 * @param {RTCPeerConnection} connection @param {number} graceMs @param {(tries: number) => void} onTrouble
 */
export function watchConnection (connection, graceMs, onTrouble) {
  let timer = 0
  let tries = 0
  const arm = () => { timer = setTimeout(fire, Math.min(CEILING_MS, graceMs * 2 ** tries)) }
  const fire = () => {
    timer = 0
    if (connection.connectionState === 'closed' || connection.connectionState === 'connected') return
    tries += 1
    arm()
    onTrouble(tries)
  }
  connection.addEventListener('connectionstatechange', () => {
    const state = connection.connectionState
    if ((state === 'failed' || state === 'disconnected') && !timer) arm()
    if (state !== 'connected' && state !== 'closed') return
    clearTimeout(timer)
    timer = tries = 0
  })
  return () => clearTimeout(timer)
}
