// @ts-check
import { TokenProblem } from './problems.js'

/** `iceServers` came with the last token. @typedef {{ userId: string, roomId: string, iceServers: RTCIceServer[], take: () => Promise<string> }} TokenSource */

/** The development server makes a token for any name; each `take` is a fresh one. @param {string} userId @param {string} roomId @returns {TokenSource} */
export function developmentTokens (userId, roomId) {
  /** @type {TokenSource} */
  const source = {
    userId,
    roomId,
    iceServers: [],
    async take () {
      const { token, iceServers = [] } = await requestToken(userId, roomId)
      source.iceServers = iceServers
      return token
    }
  }
  return source
}

/**
 * A token from the fragment. A fragment never leaves the browser; a query would end up in logs.
 * @param {string} hash `location.hash` @returns {TokenSource | undefined}
 */
export function fragmentTokens (hash) {
  const token = new URLSearchParams(hash.slice(1)).get('token')
  if (!token) return undefined
  const { userId, sub, roomId } = claimsOf(token)
  return { userId: String(userId ?? sub ?? 'me'), roomId: String(roomId ?? ''), iceServers: [], take: async () => token }
}

/** What the token says, unchecked: only for labels, the server does the checking. @param {string} token @returns {Record<string, unknown>} */
function claimsOf (token) {
  try {
    const base64 = (token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return {}
  }
}

/** @param {string} user @param {string} room @returns {Promise<{ token: string, iceServers?: RTCIceServer[] }>} */
async function requestToken (user, room) {
  const response = await post('/dev/token', { user, room })
  if (!response.ok) throw refusal(response.status)
  return await response.json()
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
