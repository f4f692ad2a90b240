// @ts-check
import { CallError, LinkClosed } from './signalling.js'

/**
 * Something went wrong, in words for the person in front of the page.
 * @typedef {{ title: string, text: string, retry: boolean }} Problem
 */

/** The token could not be had. */
export class TokenProblem extends Error {
  /** @param {string} title @param {string} text @param {boolean} [retry] */
  constructor (title, text, retry = false) {
    super(text)
    this.title = title
    this.retry = retry
  }
}

/** @type {Record<number, [title: string, text: string]>} */
const CALLS = {
  [-4001]: ['The server refused the token', 'It may have run out, or it is not meant for this server. Ask for a new link, or join again.'],
  [-5001]: ['Not allowed', 'This session may not do that. Join again with another token.'],
  [-6001]: ['The server expected another step first', 'Joining again should set this right.'],
  [-7001]: ['No room for video right now', 'The media engine is full, starting or down.'],
  [-8001]: ['Too many requests', 'The server asks for a little patience.'],
  [-32602]: ['The server did not understand this page', 'Page and server may be of different versions. Reload the page.'],
  [-32603]: ['The server had a fault of its own', 'Its log has the details. Try again in a moment.']
}

/** @type {Record<number, [title: string, text: string]>} */
const CLOSES = {
  1000: ['The session has ended', 'You can join again at any time.'],
  1001: ['The server is going away', 'It should be back soon.'],
  1006: ['The server cannot be reached', 'Check the network; the server may also be down.'],
  1009: ['A message was too big', 'The server closed the connection because of it.'],
  1011: ['The server had a fault of its own', 'Its log has the details.'],
  1012: ['The server is restarting', 'You will be back in a moment.'],
  4000: ['The connection is too slow', 'The server could not deliver its messages in time.'],
  4001: ['The connection went quiet', 'The server heard nothing for too long.'],
  4002: ['The token ran out', 'A new one is needed.'],
  4029: ['Too many messages or sessions', 'Close other tabs with the same name and wait a little.'],
  4500: ['Page and server do not understand each other', 'Reload the page; they may be of different versions.'],
  4501: ['Signing in failed', 'It took too long or was refused too often.'],
  4503: ['Not allowed here', 'The server does not accept this page or this person in this room.'],
  4509: ['Joined somewhere else', 'A newer connection has taken over this session.']
}

/** @param {unknown} error @returns {Problem} */
export function problemOf (error) {
  if (error instanceof TokenProblem) return { title: error.title, text: error.message, retry: error.retry }
  if (error instanceof CallError) return callProblem(error)
  if (error instanceof LinkClosed) return closeProblem(error)
  return { title: 'The connection was lost', text: error instanceof Error ? error.message : String(error), retry: true }
}

/** @param {CallError} error */
function callProblem (error) {
  const [title, text] = CALLS[error.code] ?? ['The server said no', `${error.message} (${error.code}).`]
  return { title, text, retry: isTemporary(error) }
}

/** The server itself says when to come back. @param {unknown} error */
export function isTemporary (error) {
  return error instanceof CallError && (error.code === -7001 || error.code === -8001)
}

/** @param {LinkClosed} error */
function closeProblem ({ code }) {
  const [title, text] = CLOSES[code] ?? ['The connection was closed', `The server gave the code ${code}.`]
  // The ranges alone decide (PROTOCOL.md, close codes); 1000 is the one ordinary end among those below 4500.
  return { title, text, retry: code < 4500 && code !== 1000 }
}
