import { ServerResponse } from 'node:http'

/**
 * Lets a response end in one `write`: Node's own `end(text)` gives the socket the text and then an empty one, and what are two pieces goes out by way of `writev`,
 * with a list of them and a request of its own for each answer. Whoever has an `end` of his own there, as tools that trace responses do, keeps it.
 */
export function endInOneWrite (response: ServerResponse): void {
  // Not HTTP/2's, which has streams in place of sockets.
  if (response instanceof ServerResponse && response.end === ServerResponse.prototype.end) response.end = end
}

/** As Node's, to which all is left that is no text in UTF-8, waits for its turn on the socket, or has no head yet: its length would not be in it. */
function end (this: ServerResponse, ...args: unknown[]): ServerResponse {
  const [text, encoding, callback] = args
  const { socket } = this
  const isPlain = typeof text === 'string' && text !== '' && (encoding == null || encoding === 'utf8') && callback == null
  if (!isPlain || socket === null || !this.headersSent) return Reflect.apply(ServerResponse.prototype.end, this, args) as ServerResponse
  // Corked, or `write` would cork it until the next turn: the text has left when the response ends, so nothing is left for that to write.
  socket.cork()
  this.write(text, 'utf8')
  socket.uncork()
  return Reflect.apply(ServerResponse.prototype.end, this, []) as ServerResponse
}
