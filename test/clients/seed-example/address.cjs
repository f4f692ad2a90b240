// There is no host `mse` here: its one address is the test server's, whatever else the program opens is its own affair.
const WebSocket = require('ws')

class WebSocketToTest extends WebSocket {
  constructor (address, ...more) {
    super(address === 'wss://mse:443/' ? process.env.MSE_URL : address, ...more)
  }
}

require.cache[require.resolve('ws')].exports = WebSocketToTest
