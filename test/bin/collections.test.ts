import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { PACKAGE_ROOT } from '../../bin/package.ts'
import { Program } from './program.ts'

const importing = (code: string): string => `--import=data:text/javascript;base64,${Buffer.from(code).toString('base64')}`

/** Serves with `code` as what the process does when it ends, and returns all that it has printed. */
async function endedWith (code: string, options = ''): Promise<string> {
  const program = new Program('bin/mse.js', ['serve', '--port', '0'], { MSE_ENGINE: 'none', NODE_OPTIONS: `${importing(code)} ${options}`.trim() })
  try {
    await program.match(/http:\/\//)
    program.signal('SIGTERM')
    const { code: exitCode, stdout, stderr } = await program.ended
    if (exitCode !== 0) throw new Error(stderr)
    return `${stdout}\n${stderr}`
  } finally {
    await program.stop()
  }
}

/** Makes much of which a part stays in use, and says how large the space for new objects has become, in MB. */
const TELLS_SPACE = `
import { getHeapSpaceStatistics } from 'node:v8'
process.on('exit', () => {
  const kept = []
  for (let index = 0; index < 3e6; index++) {
    const one = { index, list: [index, index], text: 'text ' + index }
    if (index % 10 === 0) kept[index % 40_000] = one
  }
  const { space_size: bytes } = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  console.error(\`new space: \${bytes / 2 ** 20} MB\`)
})`

async function sizeAfterServing (options = ''): Promise<number> {
  return Number(/new space: ([\d.]+) MB/.exec(await endedWith(TELLS_SPACE, options))?.[1])
}

t.test('a server copies little at a time: the space for new objects stays as small as it begins', async (t) => {
  // Two halves. By itself it grows to 16 MB and more.
  const megabytes = await sizeAfterServing()
  t.ok(megabytes <= 4, `${megabytes} MB`)
})

t.test('whoever sets its size has it', async (t) => {
  const megabytes = await sizeAfterServing('--max-semi-space-size=8')
  t.ok(megabytes >= 8 && megabytes <= 16, `${megabytes} MB`)
})

/** Collects everything, and lets V8 tell by what factor the heap may grow until it does so again. */
const TELLS_GROWTH = `
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
process.on('exit', () => {
  setFlagsFromString('--expose-gc')
  setFlagsFromString('--trace-gc-verbose')
  runInNewContext('gc')()
})`

/** Node 20 and 22 say at what they have arrived behind the limit, 24 says it in a line of its own. */
function growthIn (told: string): number {
  return Number((/\[HeapController\] Limit: .*\(([\d.]+)\)/.exec(told) ?? /\[HeapController\] factor ([\d.]+)/.exec(told))?.[1])
}

t.test('a full collection is seldom: the heap has to triple', async (t) => {
  t.equal(growthIn(await endedWith(TELLS_GROWTH)), 3)
})

t.test('whoever sets the growth has it', async (t) => {
  // Not allowed in NODE_OPTIONS, so it stands on the command line of a server that ends by itself.
  const child = spawn(process.execPath, ['--heap-growing-percent=120', importing(TELLS_GROWTH), fileURLToPath(new URL('dist/bin/mse.js', PACKAGE_ROOT)), 'serve', '--port', 'none'], { env: {} })
  t.equal(growthIn(await text(child.stdout)), 2.2)
})
