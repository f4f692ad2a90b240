/** Text to messages and back: the one parser of every transport, the browser's included. */
import type { Batch, ErrorObject, Message, MessageId } from './message.ts'

/** How deep a text may nest; `{}` is 1 deep. Deeper values break `JSON.stringify` and recursive code long before `JSON.parse`. */
export const MAX_DEPTH = 32
/** A shorter text cannot nest deeply enough to cost anything before its depth is known. */
const SHALLOW_LENGTH = 4_096
/** How many messages a batch may have. */
export const MAX_BATCH = 32
/** How long an id that is a string may be, in UTF-16 code units. */
export const MAX_ID_LENGTH = 128

const PARSE_FAULT = { kind: 'fault', error: 'parse', id: null } as const
const MESSAGE_FAULT = { kind: 'fault', error: 'invalidMessage', id: null } as const

// `ignoreBOM` keeps the byte order mark in the text, so that JSON.parse refuses it here as it does in a string.
const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads one text: a message or a batch. Never throws.
 * @param input a string, or UTF-8 bytes; bytes that are not UTF-8 are a parse fault
 */
export function decode (input: string | Uint8Array): Message | Batch {
  let value: unknown
  try {
    const text = typeof input === 'string' ? input : utf8.decode(input)
    if (text.length > SHALLOW_LENGTH && opensTooDeep(text)) return PARSE_FAULT
    value = JSON.parse(text)
  } catch {
    return PARSE_FAULT
  }
  if (!isSafe(value, 1)) return PARSE_FAULT
  return Array.isArray(value) ? readBatch(value) : readMessage(value)
}

/**
 * Does a text open more brackets inside one another than a message may? JSON.parse needs 20 ms for 100,000 levels, which fit into one
 * message, so a few clients could keep the whole process busy with them. Exact for JSON; whatever else is refused either way.
 */
function opensTooDeep (text: string): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x22: // "
        index = endOfString(text, index + 1)
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > MAX_DEPTH) return true
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth--
    }
  }
  return false
}

/** Where the quote is that ends a string; a quote behind an odd number of backslashes is part of it. */
function endOfString (text: string, start: number): number {
  for (let end = text.indexOf('"', start); end !== -1; end = text.indexOf('"', end + 1)) {
    let first = end
    while (text.charCodeAt(first - 1) === 0x5c) first--
    if ((end - first) % 2 === 0) return end
  }
  return text.length
}

/**
 * Is the value free of prototype pollution and not too deep? Run after JSON.parse, which makes `__proto__` an own key and
 * has resolved escapes by then; libraries for this look at keys only, so the depth would take a second walk.
 */
function isSafe (value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth > MAX_DEPTH) return false
  if (Array.isArray(value)) return value.every((item) => isSafe(item, depth + 1))
  for (const key of Object.keys(value)) {
    const child: unknown = (value as Record<string, unknown>)[key]
    if (key === '__proto__') return false
    if (key === 'constructor' && typeof child === 'object' && child !== null && Object.hasOwn(child, 'prototype')) return false
    if (!isSafe(child, depth + 1)) return false
  }
  return true
}

function readBatch (members: readonly unknown[]): Batch | Message {
  if (members.length === 0 || members.length > MAX_BATCH) return MESSAGE_FAULT
  return { kind: 'batch', members: members.map(readMessage) }
}

function readMessage (value: unknown): Message {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return MESSAGE_FAULT
  const { jsonrpc, method, id, params, result, error } = value as Record<string, unknown>
  const isAnswer = result !== undefined || error !== undefined
  if (jsonrpc === '2.0' && isAnswer && method === undefined) {
    return { kind: 'response', id: isMessageId(id) ? id : null, result, error }
  }
  if (id !== undefined && id !== null && !isMessageId(id)) return MESSAGE_FAULT
  const knownId = id ?? null
  if (jsonrpc !== '2.0' || isAnswer || typeof method !== 'string' || method === '') {
    return { kind: 'fault', error: 'invalidMessage', id: knownId }
  }
  return { kind: 'call', method, id: knownId, params }
}

/** Can this value be an id, and be echoed faithfully? */
export function isMessageId (value: unknown): value is MessageId {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH
}

/** A call as text. Without an id it is a notification. Throws where JSON.stringify does. */
export function encodeCall (id: MessageId, method: string, params?: object): string {
  return `{"id":${encodeId(id)},"method":${JSON.stringify(method)},"jsonrpc":"2.0"${encodeParams(params)}}`
}

/** How the id of a notification is written: as the seed does (`null`), or left out for strict JSON-RPC clients. */
export type NotificationId = 'null' | 'omit'

/** A notification as text. Throws where JSON.stringify does. */
export function encodeNotification (method: string, params?: object, notificationId: NotificationId = 'null'): string {
  const id = notificationId === 'null' ? '"id":null,' : ''
  return `{${id}"method":${JSON.stringify(method)},"jsonrpc":"2.0"${encodeParams(params)}}`
}

/** An answer as text; an undefined result becomes null, since an answer must have one. Throws where JSON.stringify does. */
export function encodeResult (id: MessageId | null, result: unknown): string {
  return `{"id":${encodeId(id)},"jsonrpc":"2.0","result":${JSON.stringify(result) ?? 'null'}}`
}

/** An error answer as text. Throws where JSON.stringify of `data` does. */
export function encodeError (id: MessageId | null, error: ErrorObject): string {
  const data = error.data === undefined ? '' : `,"data":${JSON.stringify(error.data)}`
  return `{"id":${encodeId(id)},"jsonrpc":"2.0","error":{"code":${error.code},"message":${JSON.stringify(error.message)}${data}}}`
}

const ERROR_CODE = /^\{"id":(?:null|-?\d+|"(?:[^"\\]|\\.)*"),"jsonrpc":"2\.0","error":\{"code":(-\d+)/

/** The code of an answer that {@link encodeError} wrote; null for any other text. Reads its first bytes only. */
export function errorCodeOf (text: string): number | null {
  const code = ERROR_CODE.exec(text)?.[1]
  return code === undefined ? null : Number(code)
}

function encodeId (id: MessageId | null): string {
  return typeof id === 'string' ? JSON.stringify(id) : String(id)
}

function encodeParams (params: object | undefined): string {
  return params === undefined ? '' : `,"params":${JSON.stringify(params)}`
}
