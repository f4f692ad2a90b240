// @ts-check
import { ClientError } from './lib/client/index.js'

/**
 * Something went wrong, in words for the person in front of the page.
 * @typedef {{ title: string, text: string }} Problem
 */

/** The token could not be had. */
export class TokenProblem extends Error {
  /** @param {string} title @param {string} text @param {boolean} [isPassing] may another attempt succeed? */
  constructor (title, text, isPassing = false) {
    super(text)
    this.title = title
    this.isPassing = isPassing
  }
}

const UNREACHABLE = ['The server cannot be reached', 'Check the network; the server may also be down.']
const RESTARTING = ['The server is restarting', 'You will be back in a moment.']
const FAULTY = ['The server had a fault of its own', 'Its log has the details. Try again in a moment.']
const NOT_ALLOWED = ['Not allowed here', 'The server does not accept this page or this person in this room.']

/**
 * By the codes of calls (negative), of HTTP (below 1000) and of closed links.
 * @type {Record<number, string[]>}
 */
const WORDS = {
  [-4001]: ['The server refused the token', 'It may have run out, or it is not meant for this server. Ask for a new link, or join again.'],
  [-5001]: ['Not allowed', 'This session may not do that. Join again with another token.'],
  [-6001]: ['The video service was lost', 'Perhaps you joined somewhere else with the same name.'],
  [-7001]: ['No room for video right now', 'The media engine is full, starting or down.'],
  [-8001]: ['Too many requests', 'The server asks for a little patience.'],
  [-32602]: ['The server did not understand this page', 'Page and server may be of different versions. Reload the page.'],
  [-32603]: FAULTY,
  0: UNREACHABLE,
  403: NOT_ALLOWED,
  500: FAULTY,
  502: UNREACHABLE,
  503: RESTARTING,
  504: UNREACHABLE,
  1000: ['The session has ended', 'You can join again at any time.'],
  1001: ['The server is going away', 'It should be back soon.'],
  1006: UNREACHABLE,
  1009: ['A message was too big', 'The server closed the connection because of it.'],
  1011: FAULTY,
  1012: RESTARTING,
  4000: ['The connection is too slow', 'The server could not deliver its messages in time.'],
  4001: ['The connection went quiet', 'The server heard nothing for too long.'],
  4002: ['The token ran out', 'A new one is needed.'],
  4029: ['Too many messages or sessions', 'Close other tabs with the same name and wait a little.'],
  4500: ['Page and server do not understand each other', 'Reload the page; they may be of different versions.'],
  4501: ['Signing in failed', 'It took too long or was refused too often.'],
  4503: NOT_ALLOWED,
  4509: ['Joined somewhere else', 'A newer connection has taken over this session.']
}

/** @param {unknown} error @returns {Problem} */
export function problemOf (error) {
  if (!(error instanceof ClientError)) return { title: 'The connection was lost', text: error instanceof Error ? `${error.message}.` : String(error) }
  if (error.cause instanceof TokenProblem) return { title: error.cause.title, text: error.cause.message }
  if (isTakenOver(error)) return { title: 'You are in the room from another page', text: 'Your camera and what you see are there now. Join again to have them here.' }
  const [title = 'The connection was closed', text = `${error.message} (${error.code}).`] = WORDS[error.code] ?? []
  return { title, text }
}

/** Has another page of the same name taken the media over (MSE-START-4)? @param {ClientError} error */
function isTakenOver ({ data }) {
  return typeof data === 'object' && data !== null && 'reason' in data && data.reason === 'superseded'
}

/** What is being waited for. @param {unknown} error @param {number} [retryInMs] */
export function waitingFor (error, retryInMs) {
  const { title, text } = problemOf(error)
  return `${title}. ${text}${retryInMs === undefined ? '' : ` Trying again in ${Math.ceil(retryInMs / 1000)} s.`}`
}

/** Is it of use to wait? The client itself knows of everything but tokens. @param {unknown} error */
export function isPassing (error) {
  return !(error instanceof ClientError && error.cause instanceof TokenProblem) || error.cause.isPassing
}
