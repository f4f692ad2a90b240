/** nginx and HAProxy as they are, with the configurations of docs/proxies. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'

const PROXIES = join(import.meta.dirname, '..', '..', 'docs', 'proxies')

async function freePort (): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Waits until somebody accepts there; fails when the process ends before. */
async function accepting (port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the proxy ended with ${child.exitCode}`)
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
      socket.once('error', () => resolve(false))
    })
    if (accepted) return
  }
}

function configured (name: string, port: number, app: number): string {
  return readFileSync(join(PROXIES, name), 'utf8').replaceAll('127.0.0.1:8000', `127.0.0.1:${port}`).replaceAll('127.0.0.1:8080', `127.0.0.1:${app}`)
}

async function run (t: Test, command: string, args: string[], port: number): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const gone = new Promise((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await gone
  })
  await accepting(port, child)
}

/** The tools are Debian's; without them the test cannot run, and says what is missing. */
function need (t: Test, command: string, version: string): boolean {
  const found = spawnSync(command, [version]).error === undefined
  if (!found) t.fail(`${command} is missing: apt-get install ${command === 'nginx' ? 'nginx-light' : command}`)
  return found
}

/** nginx before the app on that port. @returns its own port; undefined when there is no nginx, which fails the test */
export async function startNginx (t: Test, app: number): Promise<number | undefined> {
  if (!need(t, 'nginx', '-v')) return undefined
  const port = await freePort()
  const folder = t.testdir()
  mkdirSync(join(folder, 'temp'))
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${join(folder, 'temp', kind)};`).join('\n')
  writeFileSync(join(folder, 'mse.conf'), configured('nginx.conf', port, app))
  writeFileSync(join(folder, 'nginx.conf'), `daemon off;\nmaster_process off;\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temps}\ninclude ${folder}/mse.conf;\n}\n`)
  await run(t, 'nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], port)
  return port
}

/** HAProxy, likewise. */
export async function startHaproxy (t: Test, app: number): Promise<number | undefined> {
  if (!need(t, 'haproxy', '-v')) return undefined
  const port = await freePort()
  const folder = t.testdir({ 'haproxy.cfg': configured('haproxy.cfg', port, app) })
  await run(t, 'haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], port)
  return port
}
