import { getHeapStatistics } from 'node:v8'
import t from 'tap'
import { excessOf, heapLimit } from '../../plugins/heap-guard.ts'

const MIB = 1_048_576

t.test('what is above its share of the heap has to go, and a fifth more', async (t) => {
  t.equal(excessOf(85, 100, 0.85), 0)
  t.equal(excessOf(86, 100, 0.85), 18)
  t.equal(excessOf(100, 100, 1), 0, 'never')
})

t.test('the heap\'s limit is that of its flag, wherever it stands', async (t) => {
  for (const flag of ['--max-old-space-size=512', '--max_old_space_size=512', '--max-old-space-size 512']) {
    t.equal(heapLimit([], flag, 1e9), 512 * MIB, flag)
    t.equal(heapLimit(flag.split(' '), '--max-old-space-size=64', 1e9), 512 * MIB, `${flag} overrules NODE_OPTIONS`)
  }
})

t.test('and otherwise less than V8 says for all: 48 or 192 MiB of that are for new objects', async (t) => {
  for (const [withYoung, old] of [[4_144, 4_096], [4_288, 4_096], [704, 512], [560, 512], [448, 256], [304, 256]] as const) {
    const limit = heapLimit(['--enable-source-maps'], '', withYoung * MIB) / MIB
    t.ok(limit <= old && limit > 0.6 * old, `${limit} of ${old} MiB`)
  }
  t.ok(heapLimit([], '', getHeapStatistics().heap_size_limit) > 100 * MIB)
})
