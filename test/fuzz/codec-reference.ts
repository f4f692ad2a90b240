/** What PROTOCOL.md, section 1, says of a text, over a tree and without a parser: slow, plain, and written apart from the codec. */
import type { Batch, Message, MessageId } from '../../lib/protocol/index.ts'
import type { Node } from './json-text.ts'

const NO_MESSAGE: Message = { kind: 'fault', error: 'invalidMessage', id: null }

/** What the codec has to make of any text of this value. */
export function expected (node: Node): Message | Batch {
  if (depthOf(node) > 32 || reachesForPrototypes(node)) return { kind: 'fault', error: 'parse', id: null }
  if (node.kind !== 'array') return messageOf(node)
  if (node.items.length < 1 || node.items.length > 32) return NO_MESSAGE
  return { kind: 'batch', members: node.items.map(messageOf) }
}

/** Could a text be too deep only in what a later member of the same name replaces? Whether it is refused then is not promised. */
export function isAmbiguous (node: Node): boolean {
  return depthOf(node) <= 32 && depthOfAll(node) > 32
}

function depthOfAll (node: Node): number {
  const children = node.kind === 'array' ? node.items : node.kind === 'object' ? node.members.map(([, value]) => value) : null
  return children === null ? 0 : 1 + Math.max(0, ...children.map(depthOfAll))
}

function depthOf (node: Node): number {
  const children = childrenOf(node)
  return children === null ? 0 : 1 + Math.max(0, ...children.map(depthOf))
}

/** The last of equal keys wins. */
function lastMembers (node: Node): Map<string, Node> {
  return new Map(node.kind === 'object' ? node.members : [])
}

function childrenOf (node: Node): readonly Node[] | null {
  if (node.kind === 'array') return node.items
  return node.kind === 'object' ? [...lastMembers(node).values()] : null
}

function reachesForPrototypes (node: Node): boolean {
  const members = lastMembers(node)
  const inner = members.get('constructor')
  if (members.has('__proto__') || (inner !== undefined && lastMembers(inner).has('prototype'))) return true
  return (childrenOf(node) ?? []).some(reachesForPrototypes)
}

function messageOf (node: Node): Message {
  if (node.kind !== 'object') return NO_MESSAGE
  const members = lastMembers(node)
  const [id, method, jsonrpc] = [members.get('id'), members.get('method'), members.get('jsonrpc')]
  const isTwo = jsonrpc?.kind === 'string' && jsonrpc.value === '2.0'
  const isAnswer = members.has('result') || members.has('error')
  const goodId = idOf(id)
  if (isTwo && isAnswer && method === undefined) return { kind: 'response', id: goodId, result: plain(members.get('result')), error: plain(members.get('error')) }
  if (id !== undefined && !isNull(id) && goodId === null) return NO_MESSAGE
  if (!isTwo || isAnswer || method?.kind !== 'string' || method.value === '') return { ...NO_MESSAGE, id: goodId } as Message
  return { kind: 'call', method: method.value, id: goodId, params: plain(members.get('params')) }
}

function isNull (node: Node): boolean {
  return node.kind === 'scalar' && node.text === 'null'
}

function idOf (node: Node | undefined): MessageId | null {
  if (node?.kind === 'string') return node.value.length >= 1 && node.value.length <= 128 ? node.value : null
  if (node?.kind !== 'scalar' || !/^-?\d/.test(node.text)) return null
  const value = Number(node.text)
  return Number.isInteger(value) && Math.abs(value) <= 2 ** 53 - 1 ? value : null
}

/** The value itself. */
function plain (node: Node | undefined): unknown {
  if (node === undefined) return undefined
  if (node.kind === 'string') return node.value
  if (node.kind === 'array') return node.items.map(plain)
  if (node.kind === 'object') return Object.fromEntries([...lastMembers(node)].map(([key, value]) => [key, plain(value)]))
  const literals: Readonly<Record<string, unknown>> = { null: null, true: true, false: false }
  return node.text in literals ? literals[node.text] : Number(node.text)
}
