import jayson from 'jayson'
import { serverReady } from '../measured.js'

const server = new jayson.Server({ ping: (_params, callback) => callback(null, 'pong') }).http()
server.listen(0, '127.0.0.1', () => serverReady(server.address().port))
