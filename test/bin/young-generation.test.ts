import t from 'tap'
import { Program } from './program.ts'

/** At its end makes much of which a part stays in use, and says how large the space for new objects has become, in MB. */
const TELLS = `
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
  const teller = `--import=data:text/javascript;base64,${Buffer.from(TELLS).toString('base64')}`
  const program = new Program('bin/mse.js', ['serve', '--port', '0'], { MSE_ENGINE: 'none', NODE_OPTIONS: `${teller} ${options}`.trim() })
  try {
    await program.match(/http:\/\//)
    program.signal('SIGTERM')
    const { code, stderr } = await program.ended
    if (code !== 0) throw new Error(stderr)
    return Number(/new space: ([\d.]+) MB/.exec(stderr)?.[1])
  } finally {
    await program.stop()
  }
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
