import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const FILE = `${FOLDER}made-up.ts`

const PAGE = `
import { createMedia } from '../../../lib/client/media/index.ts'
import type { SignallingClient } from '../../../lib/client/api.ts'
export async function call (client: SignallingClient, video: HTMLVideoElement): Promise<void> {
  const iceServers: RTCIceServer[] = [{ urls: ['stun:example.org'] }]
  const media = createMedia(client, { iceServers: () => iceServers, RTCPeerConnection, MediaStream })
  media.on('stream', ({ userId, stream, screen }) => { video.srcObject = screen ?? stream; video.title = userId })
  await media.publish(await navigator.mediaDevices.getUserMedia({ video: true }))
  await media.share(await navigator.mediaDevices.getDisplayMedia())
  const [track] = media.people.get('ana')?.stream.getVideoTracks() ?? []
  if (track) await media.replaceTrack(track, null)
  const connection: RTCPeerConnection | null = media.connections.publish
  const report: RTCStatsReport | null = (await media.stats()).reports.publish
  console.log(connection, report)
}
`
const NODE = `
import { createMedia } from '../../../lib/client/media/index.ts'
import type { SignallingClient } from '../../../lib/client/api.ts'
export function call (client: SignallingClient): void {
  const media = createMedia(client)
  media.on('stream', ({ userId, stream }) => console.log(userId, stream.getTracks().length))
  media.close()
}
`

t.test('pages have the browser\'s own types, and take them', async (t) => {
  t.strictSame(faultsOf(PAGE, ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts']), [])
})

t.test('programs without the DOM library need none of it', async (t) => {
  t.strictSame(faultsOf(NODE, ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts']), [])
})

t.test('what is no stream is not taken', async (t) => {
  const wrong = PAGE.replace('await navigator.mediaDevices.getUserMedia({ video: true })', "'camera'").replace('video.srcObject = screen ?? stream', 'video.srcObject = userId')
  t.equal(faultsOf(wrong, ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts']).length, 2)
})

/** Compiles a program that is not on disk. */
function faultsOf (text: string, lib: string[]): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib,
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (file) => file === FILE || fileExists(file)
  host.readFile = (file) => file === FILE ? text : readFile(file)
  host.getSourceFile = (file, version, ...more) => file === FILE ? ts.createSourceFile(file, text, version) : getSourceFile(file, version, ...more)
  const program = ts.createProgram({ rootNames: [FILE], options, host })
  return program.getSemanticDiagnostics(program.getSourceFile(FILE)).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}
