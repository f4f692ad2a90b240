// @ts-check
import { TokenProblem } from './problems.js'

/** @typedef {{ token: string, iceServers: RTCIceServer[] }} Credentials */
/** @typedef {{ userId: string, roomId: string, renewable: boolean, take: () => Promise<Credentials> }} TokenSource */

/** The development server makes a token for any name; each `take` is a fresh one. @param {string} userId @param {string} roomId @returns {TokenSource} */
export function developmentTokens (userId, roomId) {
  return { userId, roomId, renewable: true, take: () => requestToken(userId, roomId) }
}

/**
 * A token from the fragment. A fragment never leaves the browser; a query would end up in logs.
 * @param {string} hash `location.hash` @returns {TokenSource | undefined}
 */
export function fragmentTokens (hash) {
  const token = new URLSearchParams(hash.slice(1)).get('token')
  if (!token) return undefined
  const claims = claimsOf(token)
  return {
    userId: String(claims.userId ?? claims.sub ?? 'me'),
    roomId: String(claims.roomId ?? ''),
    renewable: false,
    take: async () => ({ token, iceServers: [] })
  }
}

/** When the token ends, or undefined when it does not say. @param {string} token */
export function expiresAtMs (token) {
  const { exp } = claimsOf(token)
  return typeof exp === 'number' ? exp * 1000 : undefined
}

/** What the token says, unchecked: only for labels and timers, the server does the checking. @param {string} token @returns {Record<string, unknown>} */
function claimsOf (token) {
  try {
    const base64 = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return {}
  }
}

/** @param {string} user @param {string} room @returns {Promise<Credentials>} */
async function requestToken (user, room) {
  const response = await post('/dev/token', { user, room })
  if (!response.ok) throw refusal(response.status)
  const { token, iceServers = [] } = await response.json()
  return { token, iceServers }
}

/** @param {string} path @param {object} body */
async function post (path, body) {
  try {
    return await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  } catch {
    throw new TokenProblem('The server cannot be reached', 'No token could be fetched. Check the network; the server may also be down.', true)
  }
}

/** @param {number} status */
function refusal (status) {
  if (status === 404) return new TokenProblem('This server is not in development mode', 'It hands out no tokens by itself. Open the page with the link that your application gives you (it ends in #token=…).')
  if (status === 403) return new TokenProblem('The server gives its tokens to its own page only', 'Open the page at the address that the server printed, for example on localhost.')
  if (status === 400) return new TokenProblem('The server did not accept this name or room', 'Choose shorter ones, of letters and digits.')
  if (status === 429 || status >= 500) return new TokenProblem('The server is busy', `No token could be had (HTTP ${status}).`, true)
  return new TokenProblem('The server gave no token', `It answered with HTTP ${status}.`)
}
