/** Versions below these have known advisories; the lock file must not go back to one of them. */
import { readFileSync } from 'node:fs'
import t from 'tap'

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string, readonly dev?: boolean }>>
}

/** The first version without a known advisory that concerns us, and why. */
const FLOORS = {
  fastify: [5, 12, 3], // content types that begin with white space, and others, slipped past validation
  ws: [8, 21, 0], // many headers or fragments could end or fill the process
  'fast-jwt': [6, 2, 4] // keys taken for another kind, caches that mixed up tokens
} as const

const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as Lock

/** Is it that version or a later one? */
function isAtLeast (version: string, floor: readonly number[]): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10))
  const index = floor.findIndex((part, place) => parts[place] !== part)
  return index === -1 || (parts[index] ?? 0) > (floor[index] ?? 0)
}

for (const [name, floor] of Object.entries(FLOORS)) {
  t.test(`every ${name} in the lock file is ${floor.join('.')} or later`, async (t) => {
    // A copy that a development dependency has for itself runs in no server: jayson, a client in a test, brings ws 7.
    const installed = Object.entries(packages).filter(([path, { dev }]) => path === `node_modules/${name}` || (path.endsWith(`/node_modules/${name}`) && dev !== true))
    const versions = installed.map(([path, { version = '' }]) => ({ path, version }))
    t.ok(versions.length > 0, 'there is one')
    for (const { path, version } of versions) t.ok(isAtLeast(version, floor), `${path} is ${version}`)
  })
}

t.test('tells versions apart', async (t) => {
  t.ok(isAtLeast('5.12.3', FLOORS.fastify))
  t.ok(isAtLeast('5.13.0', FLOORS.fastify))
  t.ok(isAtLeast('6.0.0', FLOORS.fastify))
  t.notOk(isAtLeast('5.12.2', FLOORS.fastify))
  t.notOk(isAtLeast('5.9.9', FLOORS.fastify))
  t.notOk(isAtLeast('4.99.99', FLOORS.fastify))
})

t.test('the package asks for no older fastify than that', async (t) => {
  const { peerDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { peerDependencies: { fastify: string } }
  t.equal(peerDependencies.fastify, `^${FLOORS.fastify.join('.')}`)
})
