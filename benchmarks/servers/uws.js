// The limit: µWebSockets in C++, JSON in JavaScript.
import uws from '@trufflesuite/uws-js-unofficial'
import { serverReady } from '../measured.js'

uws.App().ws('/*', {
  message: (socket, message) => {
    const { id } = JSON.parse(Buffer.from(message).toString())
    socket.send(`{"id":${id},"jsonrpc":"2.0","result":"pong"}`)
  }
}).listen('127.0.0.1', 0, (socket) => serverReady(uws.us_socket_local_port(socket)))
