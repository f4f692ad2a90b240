/**
 * The example program of mse-proto-server 0.2.0 (seed-example/original.txt, letter by letter) with this package in the place of its own, as a CommonJS
 * program in a folder that has both packages installed. Two things it cannot have by itself are given to it before it starts: the test server's
 * address for its `wss://mse:443/`, and the name `ResponseAdaptor`, which it uses and never declares.
 */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { PACKAGE_ROOT } from '../../bin/package.ts'
import { Program } from '../bin/program.ts'
import { portOf, startApp } from '../helpers/websocket-client.ts'

const ROOT = fileURLToPath(PACKAGE_ROOT)
const textOf = (name: string): string => readFileSync(new URL(`seed-example/${name}`, import.meta.url), 'utf8')

/** A folder as `npm install ws fastify-mse` leaves it, with the program in it. */
function install (t: Test): string {
  return t.testdir({
    'package.json': '{}',
    'program.js': textOf('program.txt'),
    'address.cjs': textOf('address.cjs'),
    'spelling.cjs': textOf('spelling.cjs'),
    node_modules: { ws: t.fixture('symlink', `${ROOT}node_modules/ws`), 'fastify-mse': t.fixture('symlink', ROOT) }
  })
}

/** Runs the program against a server of ours, with these scripts before it. */
async function run (t: Test, ...before: readonly string[]): Promise<Program> {
  const app = await startApp(t, { path: '/' })
  const folder = install(t)
  const options = before.map((name) => `--require=${folder}/${name}`).join(' ')
  const program = new Program(relative(`${ROOT}dist`, `${folder}/program.js`), [], { NODE_OPTIONS: options, MSE_URL: `ws://127.0.0.1:${portOf(app)}/` })
  t.teardown(() => program.stop())
  return program
}

t.test('differs from the seed in the name of the package alone', async (t) => {
  const [seed, ours] = [textOf('original.txt').split('\n'), textOf('program.txt').split('\n')]
  t.equal(ours.length, seed.length)
  const changed = ours.flatMap((line, index) => line === seed[index] ? [] : [[seed[index], line]])
  t.strictSame(changed, [["const proto = require('mse-proto')", "const proto = require('fastify-mse')"]])
})

t.test('pings and prints the response', async (t) => {
  const program = await run(t, 'address.cjs', 'spelling.cjs')
  // The `ws` of the seed's days gave texts, today's gives Buffers, and the program prints what it gets.
  const [, bytes = ''] = await program.match(/^<Buffer ((?:[\da-f]{2} ?)+)>$/)
  t.strictSame(JSON.parse(Buffer.from(bytes.replaceAll(' ', ''), 'hex').toString()), { id: 1, jsonrpc: '2.0', result: 'pong' })
  t.equal(program.stderr, '', 'without a warning')
})

t.test('ends at its undeclared name when nobody declares it: the fault is the example\'s own', async (t) => {
  const { code, stdout, stderr } = await (await run(t, 'address.cjs')).ended
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(stderr, /if \(ResponseAdaptor\.ping\(response\)\)[^]*ReferenceError: ResponseAdaptor is not defined/)
})
