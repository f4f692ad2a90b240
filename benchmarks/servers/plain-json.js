const answer = ({ id }) => ({ id, jsonrpc: '2.0', result: 'pong' })

/** JSON-RPC with nothing on top of JSON: no check, no method. A batch is answered as one. */
export function answerTo (text) {
  const message = JSON.parse(text)
  return JSON.stringify(Array.isArray(message) ? message.map(answer) : answer(message))
}
