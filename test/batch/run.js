// Runs test files one after the other in this process, which loads tap, Fastify and the package once for all of them, where each file by itself
// would cost a second or two of processor time: node --import ./test/typescript.js test/batch/run.js FILE...
// Each file is a test of the root. What it must not leave to the next one is looked for when it is over. For test/run.js, a line on descriptor 3
// says that a file begins, and one how it ended; a file that has no such line ended this process.
import { writeSync } from 'node:fs'
import { register } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { watchOfAll } from '../helpers/secrets-watch.ts'
import { setCurrent } from './tap.js'

register('./hooks.js', import.meta.url)

// Taken away before tap is there, which names the folders of its tests after the arguments.
const files = process.argv.splice(2)
const { default: root } = await import('tap')

/** By file, as in a process of its own; the root itself may take as long as all its files. */
const timeout = Number(process.env.TAP_TIMEOUT ?? 30) * 1000
root.setTimeout(0)

/** Faults of the file whose turn it is that are none of its tests'. */
let faults = 0

function blame (text) {
  console.log(`not ok - ${text}`)
  faults++
  process.exitCode = 1
}

// Whoever else listens: tap keeps quiet about rejections as soon as a file, or what an earlier one has loaded, has a listener of its own.
process.on('unhandledRejection', (reason) => blame(`rejected, and nobody caught it: ${inspect(reason)}`))

const GLOBALS = {
  globalThis: [globalThis, 'fetch', 'WebSocket', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'queueMicrotask', 'structuredClone', 'Date'],
  Date: [Date, 'now'],
  Math: [Math, 'random'],
  JSON: [JSON, 'parse', 'stringify'],
  performance: [performance, 'now'],
  process: [process, 'exit', 'kill', 'nextTick'],
  console: [console, 'log', 'info', 'warn', 'error', 'debug']
}
const PROTOTYPES = [Object, Array, Function, String, Number, Boolean, Error, Promise]

/** What all files share, and have to leave as it was, by its name. */
function shared () {
  return {
    'the working directory': process.cwd(),
    'variables of the environment': JSON.stringify(process.env),
    'secrets that were seen': watchOfAll.found.join('\n'),
    'what catches exceptions': process.listenerCount('uncaughtException'),
    ...Object.fromEntries(Object.entries(GLOBALS).flatMap(([name, [holder, ...members]]) => members.map((member) => [`${name}.${member}`, holder[member]]))),
    ...Object.fromEntries(PROTOTYPES.map(({ name, prototype }) => [`${name}.prototype`, Reflect.ownKeys(prototype).map(String).join()]))
  }
}

/** Runs one file to its end. */
async function run (file) {
  report({ file })
  let counts
  const before = shared()
  await root.test(file, { timeout }, (t) => {
    setCurrent(t)
    counts = t.counts
    return import(pathToFileURL(resolve(file)).href).then(() => {})
  })
  // A rejection counts as unhandled when its turn of the event loop is over.
  await new Promise(setImmediate)
  for (const [what, after] of Object.entries(shared())) if (!Object.is(after, before[what])) blame(`${file} leaves ${what} changed`)
  const { pass, fail, skip, todo } = counts
  // A skipped test is a defect.
  report({ file, passed: pass, failed: fail + skip + todo + faults })
  faults = 0
}

function report (line) {
  writeSync(3, `${JSON.stringify(line)}\n`)
}

for (const file of files) await run(file)
