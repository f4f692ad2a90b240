import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import type { Test } from 'tap'
import { mse } from '../../plugins/mse.ts'
import { RecordingEngine } from '../../lib/testing/index.ts'
import { TEST_SECRET, makeToken } from '../helpers/tokens.ts'

/** A client in Python. */
interface PythonClient {
  /** In this folder. It gets the endpoint and a token of ana's as arguments. */
  readonly script: string
  /** What it imports, and the package of Debian that has it. */
  readonly module: string
  readonly debianPackage: string
  readonly scheme: 'http' | 'ws'
}

/** Runs a client against a server of its own. @returns the lines that it has printed; null, and a failure that says what to install, when its library is not there */
export async function runPython (t: Test, { script, module, debianPackage, scheme }: PythonClient): Promise<string[] | null> {
  const python = ['/usr/bin/python3', 'python3'].find((command) => spawnSync(command, ['-c', `import ${module}`]).status === 0)
  if (python === undefined) {
    t.fail(`no python3 with ${module}: apt-get install ${debianPackage}`)
    return null
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(mse, { jwt: { secret: TEST_SECRET }, engine: new RecordingEngine(), environment: 'development' })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, script), `${url.replace('http', scheme)}/mse`, makeToken({ userId: 'ana', roomId: 'r1' })])
  return stdout.trim().split('\n')
}
