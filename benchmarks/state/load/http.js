import { connect } from 'node:net'

/**
 * Opens a session with `auth` by POST and then a stream or a poll, both on one connection, as a browser does that has it open already.
 * @param headers more lines of each request, each with its line break
 * @param localAddress where to come from
 */
export async function openDownstream ({ port, accept, auth, headers = '', localAddress }) {
  const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true })
  const post = `POST /mse HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${auth.length}\r\n${headers}\r\n${auth}`
  const answer = await exchange(socket, post, '"authenticated"')
  const session = /mse-session: (\S+)/i.exec(answer)?.[1]
  const get = `GET /mse HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: ${accept}\r\nMse-Session: ${session}\r\n${headers}\r\n`
  if (accept === 'text/event-stream') await exchange(socket, get, 'event: open')
  else socket.write(get)
  socket.on('data', () => {})
  return { socket, session }
}

/** Opens a stream of a server that asks for nothing. */
export async function openStream ({ port }) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await exchange(socket, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`, 'event: open')
  socket.on('data', () => {})
  return { socket }
}

/** Writes and reads until the awaited words are there. */
function exchange (socket, text, awaited) {
  return new Promise((resolve, reject) => {
    let got = ''
    const take = (chunk) => {
      got += chunk.toString('latin1')
      if (!got.includes(awaited)) return
      socket.off('data', take)
      resolve(got)
    }
    socket.on('data', take)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`closed before "${awaited}" came: ${got}`)))
    socket.write(text)
  })
}
