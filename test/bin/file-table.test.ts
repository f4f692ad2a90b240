import t from 'tap'
import { growFileTable } from '../../bin/file-table.ts'
import { TEST_SECRET } from '../helpers/tokens.ts'
import { Program } from './program.ts'

/** Files that exist in the test only. */
function filesOf (most: number): { open: () => number, close: (file: number) => void, readonly opened: Set<number>, readonly count: number } {
  const opened = new Set<number>()
  let count = 0
  return {
    opened,
    get count () { return count },
    open () {
      if (opened.size === most) throw new Error('EMFILE')
      opened.add(count)
      return count++
    },
    close: (file) => { opened.delete(file) }
  }
}

t.test('the table has room for so many files at once, and none stays open', async (t) => {
  const files = filesOf(Infinity)
  growFileTable('linux', files)
  t.equal(files.count, 8_193)
  t.equal(files.opened.size, 0)
})

t.test('where fewer are allowed, so many are opened, and none stays open', async (t) => {
  const files = filesOf(1_000)
  growFileTable('linux', files)
  t.equal(files.count, 1_000)
  t.equal(files.opened.size, 0)
})

t.test('other systems have no such table', async (t) => {
  const files = filesOf(Infinity)
  growFileTable('darwin', files)
  t.equal(files.count, 0)
})

const TELLS_TABLE = `
import { readFileSync } from 'node:fs'
process.on('exit', () => { try { console.error(/FDSize:.*/.exec(readFileSync('/proc/self/status', 'utf8'))[0], /Max open files +\\S+/.exec(readFileSync('/proc/self/limits', 'utf8'))[0]) } catch { console.error('no table') } })`

t.test('mse serve in production has the large table', async (t) => {
  const teller = `--import=data:text/javascript;base64,${Buffer.from(TELLS_TABLE).toString('base64')}`
  const program = new Program('bin/mse.js', ['serve', '--port', '0', '--env', 'production'], { MSE_ENGINE: 'none', MSE_SECRET: TEST_SECRET, NODE_OPTIONS: teller })
  t.teardown(() => program.stop())
  await program.match(/http:\/\//)
  program.signal('SIGTERM')
  const { stderr } = await program.ended
  if (process.platform !== 'linux') return t.match(stderr, /no table/)
  const [, size, most] = /FDSize:\s+(\d+) Max open files +(\d+)/.exec(stderr) ?? []
  t.ok(Number(size) >= Math.min(16_384, Number(most)), `room for ${size} of ${most}`)
  return undefined
})
