/** Python's websockets as it is, from Debian's package. */
import t from 'tap'
import { runPython } from './python.ts'

t.test('walks from ping to disconnect', async (t) => {
  const lines = await runPython(t, { script: 'walk.py', module: 'websockets', debianPackage: 'python3-websockets', scheme: 'ws' }) ?? []
  t.equal(lines[0], 'ping "pong"')
  t.match(lines[1], /^start .*-5001/)
  t.equal(lines[2], 'auth "authenticated"')
  t.equal(lines[3], 'start "started"')
  t.match(lines[4], /^whoami .*"userId": "ana"/)
  t.equal(lines[5], 'closed 1000')
})
