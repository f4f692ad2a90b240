import t from 'tap'
import { LIMITS, sizeOf } from './size.ts'

for (const { entry, file, maxBytes } of LIMITS) {
  t.test(`${entry} stays small, and brings no package along`, async (t) => {
    const { compressed, outside } = await sizeOf(file)
    t.ok(compressed <= maxBytes, `${compressed} of ${maxBytes} bytes`)
    t.strictSame(outside, [])
  })
}
