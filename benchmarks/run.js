// Measures ours beside the others, in one run: `npm run bench`. Cases are interleaved and repeated, so that a noisy machine is noisy for all of them.
//   npm run bench -- --quick     one round of one second each
//   npm run bench -- ours        only the rows whose name has that word
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { newSecret, tokenFor } from './token.js'

const isQuick = process.argv.includes('--quick')
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const ROUNDS = isQuick ? 1 : 5
const SECONDS = isQuick ? 1 : 2
const CONNECTIONS = 50
const IN_FLIGHT = [1, 16]

const secret = newSecret()
const PING = '{"id":1,"method":"ping","jsonrpc":"2.0"}'
const AUTH = JSON.stringify({ id: 0, method: 'auth', jsonrpc: '2.0', params: { token: tokenFor(secret), version: '1.0' } })
const ADD = '{"id":1,"method":"add","jsonrpc":"2.0","params":{"a":1,"b":2}}'

/** What is measured. `load` is what the client of load/websocket.js is told beyond the usual. */
const CASES = [
  { name: 'limit: µWebSockets', server: 'uws', load: {} },
  { name: 'limit: ws + JSON', server: 'ws-json', load: {} },
  { name: 'peer: json-rpc-2.0 on ws', server: 'json-rpc-2.0', load: {} },
  { name: 'peer: rpc-websockets', server: 'rpc-websockets', load: {} },
  { name: 'ours: ping', server: 'mse', load: { path: '/mse' } },
  { name: 'ours: authenticated, with a schema', server: 'mse', load: { path: '/mse', first: [AUTH], message: ADD } }
].filter(({ name }) => words.every((word) => name.includes(word)))

/** The server on one core, the load on another, where there is `taskset` and a second core. */
const canPin = availableParallelism() > 1 && await promisify(execFile)('taskset', ['--version']).then(() => true, () => false)
const onCore = (core, script, ...args) => canPin ? ['taskset', ['-c', String(core), process.execPath, script, ...args]] : [process.execPath, [script, ...args]]

async function startServer (name) {
  const [command, args] = onCore(0, join(import.meta.dirname, 'servers', `${name}.js`))
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, BENCH_SECRET: secret } })
  const [port] = await once(child.stdout, 'data')
  return { child, port: Number(port) }
}

/** @returns answers per second */
async function measure ({ server, load }, inFlight) {
  const { child, port } = await startServer(server)
  const job = { port, connections: CONNECTIONS, inFlight, message: PING, seconds: SECONDS, ...load }
  const [command, args] = onCore(1, join(import.meta.dirname, 'load', 'websocket.js'), JSON.stringify(job))
  try {
    return Number((await promisify(execFile)(command, args)).stdout)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const thousands = (value) => `${(value / 1_000).toFixed(1)} k`

const results = new Map(CASES.map(({ name }) => [name, IN_FLIGHT.map(() => [])]))
for (let round = 1; round <= ROUNDS; round++) {
  console.error(`round ${round} of ${ROUNDS}`)
  for (const one of CASES) for (const [place, inFlight] of IN_FLIGHT.entries()) results.get(one.name)[place].push(await measure(one, inFlight))
}

console.log(`Node ${process.version}, ${CONNECTIONS} connections, answers per second: median (lowest to highest) of ${ROUNDS} rounds${canPin ? '' : ', not pinned to cores'}\n`)
console.log(`| | ${IN_FLIGHT.map((count) => `${count} in flight`).join(' | ')} |\n|---|---|---|`)
for (const [name, columns] of results) {
  console.log(`| ${name} | ${columns.map((values) => `${thousands(median(values))} (${thousands(Math.min(...values))} to ${thousands(Math.max(...values))})`).join(' | ')} |`)
}
