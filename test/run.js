// Runs everything that `npm test` promises, and counts it: the last line is `N passed, N failed`.
//   node test/run.js                      all of it
//   node test/run.js --without-browser    without the files that start a browser, for further versions of Node
//   node test/run.js test/core            only these files or folders
//   node test/run.js --coverage           and says what the tests did not reach; slower by a third
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const results = join(root, '.tap', 'results.tap')
const options = process.argv.slice(2).filter((word) => word.startsWith('--'))
const places = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const withBrowser = !options.includes('--without-browser')

/** Checks that are one test each. */
const checks = [
  ['lint', 'eslint', ['.']],
  ['types, the compile-only tests among them', 'typescript', ['-p', 'tsconfig.json'], 'tsc'],
  ['publint', 'publint', ['--strict']],
  ['attw', '@arethetypeswrong/cli', ['--pack', '.', '--profile', 'esm-only', '--format', 'ascii', '-q'], 'attw']
]

/** The script behind a package's command, so that it runs on this Node and not on the one in PATH. */
function command (name, bin = name) {
  const manifest = join(root, 'node_modules', name, 'package.json')
  const { bin: bins } = createRequire(import.meta.url)(manifest)
  return join(dirname(manifest), typeof bins === 'string' ? bins : bins[bin])
}

function run (name, args, bin) {
  return spawnSync(process.execPath, [command(name, bin), ...args], { cwd: root, stdio: 'inherit' }).status === 0
}

function testFiles () {
  if (places.length > 0) return places.flatMap((place) => statSync(place).isDirectory() ? filesIn(place) : [place])
  const files = filesIn('test')
  return withBrowser ? files : files.filter((file) => !file.startsWith(join('test', 'browser')))
}

function filesIn (folder) {
  const names = readdirSync(join(root, folder), { recursive: true })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name)).sort()
}

/** A line a file, with the time it took. */
function listFiles () {
  const lines = readFileSync(results, 'utf8').split('\n').filter((line) => /^(?:not )?ok \d+ - /.test(line))
  for (const line of lines) console.log(line.replace(/^(not ok|ok) \d+ - /, '$1 ').replace(/ # time=/, '  '))
}

/** tap's own totals, from the last lines of its report. */
function totals () {
  const report = readFileSync(results, 'utf8')
  const summary = report.slice(report.lastIndexOf('# {'))
  const figure = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0)
  return { passed: figure('pass'), failed: figure('fail'), skipped: figure('skip') + figure('todo') }
}

function runTap () {
  mkdirSync(dirname(results), { recursive: true })
  rmSync(results, { force: true })
  const coverage = options.includes('--coverage') ? ['--coverage-report=text'] : ['--disable-coverage']
  const ok = run('tap', ['run', ...coverage, `--output-file=${results}`, ...testFiles()])
  listFiles()
  const { passed, failed, skipped } = totals()
  // A file that dies before its first test fails the run without a failed test; a skipped test is a defect.
  return { passed, failed: failed + skipped + (!ok && failed + skipped === 0 ? 1 : 0) }
}

let passed = 0
let failed = 0
if (places.length === 0 && withBrowser) {
  for (const [title, name, args, bin] of checks) {
    console.log(`\n== ${title}`)
    run(name, args, bin) ? passed++ : failed++
  }
}
console.log(`\n== tests on Node ${process.version}`)
const tap = runTap()
passed += tap.passed
failed += tap.failed
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
