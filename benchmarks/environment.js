import { readFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { canPin } from './processes.js'

const COMPARED = [
  '@modelcontextprotocol/sdk', '@trufflesuite/uws-js-unofficial', 'autocannon', 'jayson', 'json-rpc-2.0', 'rpc-websockets', 'socket.io', 'ws'
]
const BENEATH = ['fastify', '@fastify/websocket', '@sinclair/typebox', 'fast-jwt']

/** What the figures depend on beside the code. */
export async function describeEnvironment () {
  const cores = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  return {
    machine: `${cores[0]?.model.trim() ?? 'unknown'}, ${cores.length} cores, ${memory}, ${canPin ? 'server on core 0, load on core 1' : 'not pinned to cores'}`,
    node: process.version,
    versions: Object.fromEntries([...await versionsIn('node_modules', COMPARED), ...await versionsIn('../node_modules', BENEATH)])
  }
}

function versionsIn (folder, names) {
  return Promise.all(names.map(async (name) => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, folder, name, 'package.json'), 'utf8'))
    return [name, version]
  }))
}
