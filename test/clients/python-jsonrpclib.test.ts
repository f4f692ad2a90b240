/** Python's jsonrpclib as it is, from Debian's package: a JSON-RPC client that keeps no header of an answer. */
import t from 'tap'
import { runPython } from './python.ts'

t.test('calls, notifies and sends a batch over POST, and is let in by a bearer', async (t) => {
  const lines = await runPython(t, { script: 'calls.py', module: 'jsonrpclib', debianPackage: 'python3-jsonrpclib-pelix', scheme: 'http' })
  t.strictSame(lines, [
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
