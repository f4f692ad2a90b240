/** Python's websockets as it is, from Debian's package. */
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import { mse } from '../../plugins/mse.ts'
import { RecordingEngine } from '../../lib/testing/index.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'

t.test('walks from ping to disconnect', async (t) => {
  const python = ['/usr/bin/python3', 'python3'].find((command) => spawnSync(command, ['-c', 'import websockets']).status === 0)
  if (python === undefined) {
    t.fail('no python3 with websockets: apt-get install python3-websockets')
    return
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: TEST_SECRET }, engine: new RecordingEngine(), environment: 'development' })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const walk = join(import.meta.dirname, 'walk.py')
  const { stdout } = await promisify(execFile)(python, [walk, `${url.replace('http', 'ws')}/mse`, makeToken({ userId: 'ana', roomId: 'r1' })])
  const lines = stdout.trim().split('\n')
  t.equal(lines[0], 'ping "pong"')
  t.match(lines[1], /^start .*-5001/)
  t.equal(lines[2], 'auth "authenticated"')
  t.equal(lines[3], 'start "started"')
  t.match(lines[4], /^whoami .*"userId": "ana"/)
  t.equal(lines[5], 'closed 1000')
})
