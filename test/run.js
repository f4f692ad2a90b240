// Runs everything that `npm test` promises, and counts it: the last line is `N passed, N failed`.
//   node test/run.js                      all of it
//   node test/run.js --without-browser    without the checks and the files that start a browser, for further versions of Node
//   node test/run.js test/core            only these files or folders
//   node test/run.js --coverage           through tap's own runner, which says what the tests did not reach; slower by half
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, normalize, sep } from 'node:path'
import { createInterface } from 'node:readline'

const root = dirname(import.meta.dirname)
const options = process.argv.slice(2).filter((word) => word.startsWith('--'))
const places = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const withBrowser = !options.includes('--without-browser')

/** Tests wait more than they compute: one job more than two cores; but three browsers at a time would overload them. */
const JOBS = 3
/** A test that hangs is a fault, and found soon. */
const TIMEOUT_MS = 120_000
/** tap itself would give a file 30 s. */
const ENVIRONMENT = { ...process.env, TAP_TIMEOUT: String(TIMEOUT_MS / 1000) }

const TYPESCRIPT = ['--import', './test/typescript.js', '--enable-source-maps']

/**
 * Rooms whose files share processes (test/batch/run.js), so many of them at a time: to load tap, Fastify and the package is most of what a small file
 * costs. A room that is not named here has a process for each of its files.
 */
const SHARED = ['benchmarks', 'bin', 'browser', 'chaos', 'client', 'clients', 'core', 'docs', 'faces', 'fuzz', 'hostile', 'matrix', 'media', 'methods', 'pins', 'plugins', 'protocol', 'session', 'vectors']
const BATCH = 12
const BROWSERS_BATCH = 3
/**
 * Those of these rooms that measure their process or catch all that goes wrong in it, those that mostly wait, beside which others can run,
 * and those whose sockets are served late while much else is loaded.
 */
const ALONE = ['media/werift', 'media/engine-conformance', 'plugins/handshake-memory', 'hostile/handlers-event-loop', 'hostile/frames', 'hostile/frames-breaches', 'hostile/http-timeouts', 'hostile/shutdown', 'faces/slow-reader', 'client/media/types', 'client/stampede', 'fuzz/mutator']
/** Rooms and files that take longest. */
const LONG = ['bin', 'chaos', 'docs', 'examples', 'fuzz/mutator', 'hostile/shutdown', 'media/werift/leaks']

/** Checks that are one test each. */
const CHECKS = [
  ['lint', 'eslint', ['.']],
  ['types, the compile-only tests among them', 'typescript', ['-p', 'tsconfig.json'], 'tsc'],
  ['publint', 'publint', ['--strict']],
  ['attw', '@arethetypeswrong/cli', ['--pack', '.', '--profile', 'esm-only', '--format', 'ascii', '-q'], 'attw'],
  ['a doc block on all that is exported', 'typedoc', ['--emit', 'none']]
]

/** The script behind a package's command, so that it runs on this Node and not on the one in PATH. */
function command (name, bin = name) {
  const manifest = join(root, 'node_modules', name, 'package.json')
  const { bin: bins } = createRequire(import.meta.url)(manifest)
  return join(dirname(manifest), typeof bins === 'string' ? bins : bins[bin])
}

/** Each once, though two of the places may have it. */
function testFiles () {
  if (places.length > 0) return [...new Set(places.flatMap((place) => statSync(place).isDirectory() ? filesIn(place) : [place]).map(normalize))]
  const files = filesIn('test')
  return withBrowser ? files : files.filter((file) => !isBrowsers(file))
}

function filesIn (folder) {
  const names = readdirSync(join(root, folder), { recursive: true })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name)).sort()
}

function isBrowsers (file) {
  return file.startsWith(join('test', 'browser'))
}

async function runCheck ([title, name, args, bin]) {
  const { status, output, ms } = await runNode([command(name, bin), ...args])
  return [{ title, output, ms, passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 }]
}

async function runFile (file) {
  const { status, output, ms } = await runNode([...TYPESCRIPT, file])
  const { pass, fail, skip, todo } = totals(output)
  // A skipped test is a defect.
  return [verdict({ title: file, output, ms, passed: pass, failed: fail + skip + todo, status })]
}

/** A file that dies is a failure, and so is one that has no test. */
function verdict ({ status, passed, failed, ...rest }) {
  return { ...rest, passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed }
}

/** Several files in one process. When one of them ends it, or is ended, those after it have a new one. */
async function runBatch (files) {
  const begun = new Map()
  const results = []
  const { status, output, ms } = await runNode([...TYPESCRIPT, 'test/batch/run.js', ...files], ({ file, passed, failed }) => {
    if (passed === undefined) begun.set(file, Date.now())
    else results.push(verdict({ title: file, output: '', ms: Date.now() - begun.get(file), passed, failed, status: 0 }))
  })
  for (const result of results) result.output = partOf(output, result.title)
  const next = files[results.length]
  const isOver = next === undefined
  // What all files have left behind: a rejection, a secret in a log, a handle that keeps the process.
  if (isOver && status !== 0 && results.every(({ failed }) => failed === 0)) results.push({ title: `together: ${files.join(' ')}`, output, ms, passed: 0, failed: 1 })
  if (isOver) return results
  results.push({ title: next, output: partOf(output, next), ms: Date.now() - (begun.get(next) ?? 0), passed: 0, failed: 1 })
  const others = files.slice(results.length)
  return others.length === 0 ? results : [...results, ...await runBatch(others)]
}

/** What one file of a batch has printed; all of it when that cannot be told. */
function partOf (output, file) {
  const from = output.lastIndexOf(`# Subtest: ${file}\n`)
  const to = output.indexOf('\n# Subtest: ', from + 1)
  return from < 0 ? output : output.slice(from, to < 0 ? undefined : to)
}

/** tap's own count of the assertions, which ends its report. */
function totals (output) {
  const summary = /^# \{ total: .*\}$/m.exec(output.slice(output.lastIndexOf('\n# { total:') + 1))?.[0] ?? ''
  const figure = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0)
  return { pass: figure('pass'), fail: figure('fail'), skip: figure('skip'), todo: figure('todo') }
}

/**
 * Runs a script in a process of its own. Never rejects.
 * @param onReport called with each line of JSON on descriptor 3, which shows that the script goes on, too
 */
function runNode (args, onReport = () => {}) {
  const startedAt = Date.now()
  const child = spawn(process.execPath, args, { cwd: root, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const chunks = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  child.stderr.on('data', (chunk) => chunks.push(chunk))
  const timer = setTimeout(() => {
    chunks.push(Buffer.from(`\nended after ${TIMEOUT_MS / 1000} s without an end of its own\n`))
    child.kill('SIGKILL')
  }, TIMEOUT_MS)
  createInterface({ input: child.stdio[3] }).on('line', (line) => {
    timer.refresh()
    onReport(JSON.parse(line))
  })
  return new Promise((resolve) => {
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ status, output: Buffer.concat(chunks).toString(), ms: Date.now() - startedAt })
    })
  })
}

/** Two queues: what starts browsers, which waits a lot, with the checks behind it; and the rest, what takes long first, so that no job is left alone at the end. */
function jobs () {
  const batches = together(testFiles())
  const checks = places.length === 0 && withBrowser ? CHECKS : []
  const run = (batch) => () => batch.length === 1 ? runFile(batch[0]) : runBatch(batch)
  return {
    browsers: [...batches.filter(([file]) => isBrowsers(file)).map(run), ...checks.map((check) => () => runCheck(check))],
    others: batches.filter(([file]) => !isBrowsers(file)).sort((one, other) => weight(other) - weight(one)).map(run)
  }
}

/** The shared files of each room in batches of like size, and each of the others by itself. */
function together (files) {
  const shared = files.filter(isShared)
  const rooms = [...new Set(shared.map(roomOf))].map((room) => shared.filter((file) => roomOf(file) === room))
  return [...rooms.flatMap(inBatches), ...files.filter((file) => !isShared(file)).map((file) => [file])]
}

function inBatches (files) {
  const size = Math.ceil(files.length / Math.ceil(files.length / (isBrowsers(files[0]) ? BROWSERS_BATCH : BATCH)))
  return Array.from({ length: Math.ceil(files.length / size) }, (_, index) => files.slice(index * size, (index + 1) * size))
}

function isShared (file) {
  return SHARED.includes(roomOf(file)) && !isOneOf(ALONE, file)
}

function isOneOf (names, file) {
  return names.some((name) => normalize(file).startsWith(normalize(`test/${name}.`)) || normalize(file).startsWith(normalize(`test/${name}/`)))
}

function roomOf (file) {
  return normalize(file).split(sep)[1]
}

function weight (batch) {
  return batch.length + (isOneOf(LONG, batch[0]) ? 100 : 0)
}

/** @param takeNext the next job for this worker */
async function work (takeNext, total) {
  for (let job = takeNext(); job !== undefined; job = takeNext()) {
    for (const { title, output, ms, passed, failed } of await job()) {
      total.passed += passed
      total.failed += failed
      console.log(`${failed > 0 ? 'not ok' : 'ok'} ${title}  ${passed} passed, ${(ms / 1000).toFixed(1)} s`)
      if (failed > 0) console.log(output)
    }
  }
}

/** tap's own runner, for its report of coverage. */
function runWithCoverage () {
  return spawnSync(process.execPath, [command('tap'), 'run', '--coverage-report=text', ...testFiles()], { cwd: root, stdio: 'inherit' }).status ?? 1
}

async function runAll () {
  const { browsers, others } = jobs()
  const total = { passed: 0, failed: 0 }
  console.log(`${browsers.length + others.length} jobs on Node ${process.version}, ${JOBS} at a time\n`)
  // One worker begins where no browsers are.
  await Promise.all(Array.from({ length: JOBS }, (_, index) => work(() => index === 0 ? others.shift() ?? browsers.shift() : browsers.shift() ?? others.shift(), total)))
  console.log(`\n${total.passed} passed, ${total.failed} failed`)
  return total.failed > 0 || total.passed === 0 ? 1 : 0
}

process.exitCode = options.includes('--coverage') ? runWithCoverage() : await runAll()
