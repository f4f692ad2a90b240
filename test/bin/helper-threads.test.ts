import { getPriority } from 'node:os'
import t from 'tap'
import { TEST_SECRET } from '../helpers/tokens.ts'
import { Program } from './program.ts'

/** Says the niceness of the thread that answers, and those of all others. */
const TELLS = `
import { readdirSync } from 'node:fs'
import { getPriority } from 'node:os'
process.on('exit', () => {
  const others = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number).filter((thread) => thread !== process.pid) : []
  console.error('niceness', getPriority(), 'others', others.map((thread) => getPriority(thread)).join(' '))
})`

async function nicenessIn (environment: string): Promise<{ own: number, others: number[] }> {
  const teller = `--import=data:text/javascript;base64,${Buffer.from(TELLS).toString('base64')}`
  const program = new Program('bin/mse.js', ['serve', '--port', '0', '--env', environment], { MSE_ENGINE: 'none', MSE_SECRET: TEST_SECRET, NODE_OPTIONS: teller })
  try {
    await program.match(/http:\/\//)
    program.signal('SIGTERM')
    const { stderr } = await program.ended
    const [, own = '', others = ''] = /niceness (-?\d+) others ?([-\d ]*)/.exec(stderr) ?? []
    return { own: Number(own), others: others.trim() === '' ? [] : others.trim().split(' ').map(Number) }
  } finally {
    await program.stop()
  }
}

t.test('in production the threads beside the one that answers give way to it', async (t) => {
  const { own, others } = await nicenessIn('production')
  const lowered = others.filter((niceness) => niceness === 5)
  t.equal(own, getPriority(), 'as whoever has started it')
  // V8 has four of its own, whatever the machine. Node's may have come later.
  t.ok(process.platform === 'linux' ? lowered.length >= 4 : lowered.length === 0, `${lowered.length} of ${others.length}`)
})

t.test('in development nothing is changed', async (t) => {
  const { own, others } = await nicenessIn('development')
  t.ok(others.every((niceness) => niceness === own), others.join(' '))
})
