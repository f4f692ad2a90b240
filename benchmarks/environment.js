import { machineOf, versionsOf } from './state/machine.js'

const COMPARED = [
  '@modelcontextprotocol/sdk', '@trufflesuite/uws-js-unofficial', 'autocannon', 'jayson', 'json-rpc-2.0', 'rpc-websockets', 'socket.io', 'ws'
]
const BENEATH = ['fastify', '@fastify/websocket', '@sinclair/typebox', 'fast-jwt', 'werift']

/** What the figures depend on beside the code. */
export function describeEnvironment () {
  return { machine: machineOf(), node: process.version, versions: versionsOf([...COMPARED, ...BENEATH]) }
}
