/** Python's jsonrpclib as it is, from Debian's package: a JSON-RPC client that keeps no header of an answer. */
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import { mse } from '../../plugins/mse.ts'
import { RecordingEngine } from '../../lib/testing/index.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'

t.test('calls, notifies and sends a batch over POST, and is let in by a bearer', async (t) => {
  const python = ['/usr/bin/python3', 'python3'].find((command) => spawnSync(command, ['-c', 'import jsonrpclib']).status === 0)
  if (python === undefined) {
    t.fail('no python3 with jsonrpclib: apt-get install python3-jsonrpclib-pelix')
    return
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: TEST_SECRET }, engine: new RecordingEngine(), environment: 'development' })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'calls.py'), `${url}/mse`, makeToken({ userId: 'ana', roomId: 'r1' })])
  t.strictSame(stdout.trim().split('\n'), [
    'ping pong',
    'start error -5001 Unauthorized Access',
    'nope error -32601 Method not found',
    'positional error -32602 Invalid params',
    'auth authenticated',
    'notification None',
    "batch ['pong', 'authenticated', 'started']",
    'bearer ana'
  ])
})
