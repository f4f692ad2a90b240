import { posix } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { sourcesIn } from './sources.ts'
import type { Source } from './sources.ts'

/** Rooms of ours that each room may import; every room may import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  util: [],
  protocol: ['util'],
  session: ['protocol', 'util'],
  core: ['protocol', 'session', 'util'],
  middleware: ['core', 'protocol', 'util'],
  methods: ['core', 'session', 'media', 'protocol', 'util'],
  media: ['protocol', 'util'],
  'media/werift': ['media', 'protocol', 'util'],
  cluster: ['protocol', 'session', 'util'],
  client: ['protocol', 'util'],
  // Beside the browser's client: the same with ws.
  'client/node': ['client', 'protocol', 'util'],
  // Puts the rooms together, so it knows them all.
  mse: ['util', 'protocol', 'session', 'core', 'middleware', 'methods', 'media', 'cluster'],
  testing: ['util', 'protocol', 'session', 'core', 'middleware', 'methods', 'media', 'media/werift', 'cluster', 'client', 'mse'],
  plugins: ['util', 'protocol', 'session', 'core', 'middleware', 'methods', 'media', 'cluster', 'mse'],
  index: ['util', 'protocol', 'session', 'core', 'middleware', 'methods', 'media', 'cluster', 'mse', 'plugins'],
  bin: ['util', 'protocol', 'session', 'core', 'media', 'media/werift', 'mse', 'plugins', 'index', 'client', 'client/node']
}

/** Packages that belong to some rooms alone. */
const PACKAGE_ROOMS: ReadonlyArray<readonly [packages: RegExp, rooms: readonly string[]]> = [
  [/^werift(\/|$)/, ['media/werift']],
  [/^@sinclair\/typebox(\/|$)/, ['protocol', 'core', 'middleware', 'plugins']],
  [/^(fastify|fastify-plugin|@fastify\/.*|jose|fast-jwt)$/, ['plugins', 'bin']],
  [/^ws$/, ['plugins', 'bin', 'client/node']]
]

/** Rooms that also run in browsers. */
const BROWSER_SAFE: readonly string[] = ['protocol', 'client']

t.test('every source keeps to its layer', async (t) => {
  const sources = sourcesIn('lib', 'plugins', 'bin', 'index.ts')
  t.ok(sources.length > 50, `${sources.length} sources were read`)
  t.strictSame(sources.flatMap(violationsOf), [])
})

t.test('every room of lib has its rule', async (t) => {
  const rooms = new Set(sourcesIn('lib').map(({ path }) => roomOf(path)))
  t.strictSame([...rooms].filter((room) => MAY_IMPORT[room] === undefined), [])
})

t.test('sees a layer that is broken, whatever form the import has', async (t) => {
  const made: ReadonlyArray<readonly [path: string, text: string]> = [
    ['lib/core/made-up.ts', "import { MediaLegs } from '../methods/media-legs.ts'"],
    ['lib/core/made-up.ts', "import type { MediaEngine } from '../media/engine.ts'"],
    ['lib/core/made-up.ts', "export { access } from '../middleware/access.ts'"],
    ['lib/core/made-up.ts', "export const later = (): Promise<unknown> => import('../testing/index.ts')"],
    ['lib/core/made-up.ts', "import Fastify from 'fastify'"],
    ['lib/core/made-up.ts', "import type { Mse } from '../../plugins/mse.ts'"],
    ['lib/session/made-up.ts', "import { Type } from '@sinclair/typebox'"],
    ['lib/session/made-up.ts', "import type { MseServer } from '../core/server.ts'"],
    ['lib/protocol/made-up.ts', "import { randomBytes } from 'node:crypto'"],
    ['lib/protocol/made-up.ts', "import { Session } from '../session/session.ts'"],
    ['lib/client/made-up.ts', "import { Dispatcher } from '../core/dispatcher.ts'"],
    ['lib/client/made-up.ts', "import { WebSocket } from 'ws'"],
    ['lib/client/index.ts', "import { createClient } from './node.ts'"],
    ['lib/methods/made-up.ts', "import { weriftEngine } from '../media/werift/index.ts'"],
    ['lib/media/made-up.ts', "import { RTCPeerConnection } from 'werift'"],
    ['lib/media/made-up.ts', "import { weriftEngine } from './werift/index.ts'"],
    ['lib/mse.ts', "import { RecordingEngine } from './testing/recording-engine.ts'"],
    ['plugins/made-up.ts', "import { FakeClock } from '../lib/testing/fake-clock.ts'"],
    ['plugins/made-up.ts', "import { weriftEngine } from '../lib/media/werift/index.ts'"],
    ['index.ts', "export { FakeClock } from './lib/testing/fake-clock.ts'"]
  ]
  for (const [path, text] of made) t.equal(violationsOf({ path, text }).length, 1, `${path}: ${text}`)
  t.strictSame(violationsOf({ path: 'lib/core/made-up.ts', text: "import type { Link } from '../session/link.ts'" }), [], 'and lets the others be')
})

function violationsOf ({ path, text }: Source): string[] {
  const room = roomOf(path)
  return importsOf(text)
    .filter((imported) => !(imported.startsWith('.') ? mayImportFile(room, posix.join(posix.dirname(path), imported)) : mayImportPackage(room, imported)))
    .map((imported) => `${path} (${room}) imports ${imported}`)
}

/** Every form: import, import type, export from, import(). */
function importsOf (text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
}

function mayImportFile (room: string, path: string): boolean {
  // Data beside the sources, such as package.json.
  if (!/\.[jt]s$/.test(path)) return room === 'bin'
  const other = roomOf(path)
  return other === room || MAY_IMPORT[room]?.includes(other) === true
}

function mayImportPackage (room: string, name: string): boolean {
  if (name.startsWith('node:')) return !BROWSER_SAFE.includes(room)
  return PACKAGE_ROOMS.every(([packages, rooms]) => !packages.test(name) || rooms.includes(room))
}

function roomOf (path: string): string {
  const [top = '', room = '', engine = ''] = path.split('/')
  if (top !== 'lib') return top.replace(/\.ts$/, '')
  if (path === 'lib/client/node.ts') return 'client/node'
  if (room === 'media' && !engine.endsWith('.ts')) return `media/${engine}`
  return room.replace(/\.ts$/, '')
}
