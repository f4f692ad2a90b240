/** What of the protocol comes into a page's bundle. */
import { build, type Metafile } from 'esbuild'
import t from 'tap'

const FOLDER = new URL('../../lib/protocol/', import.meta.url).pathname

/** The bytes of each module in a bundle for browsers of a script that uses these exports. */
async function bundle (...names: string[]): Promise<Record<string, number>> {
  const contents = `import { ${names.join(', ')} } from './index.ts'\nconsole.log(${names.join(', ')})`
  const { metafile } = await build({ stdin: { contents, resolveDir: FOLDER }, bundle: true, write: false, metafile: true, platform: 'browser', format: 'esm', logLevel: 'silent' })
  return bytesByModule(metafile)
}

function bytesByModule ({ outputs }: Metafile): Record<string, number> {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  return Object.fromEntries(inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path, { bytesInOutput }]) => [path.replace(/.*lib\/protocol\//, ''), bytesInOutput]))
}

t.test('a page that uses neither makers nor recognisers has neither', async (t) => {
  const modules = Object.keys(await bundle('decode', 'closeReason'))
  t.ok(modules.includes('codec.ts'), 'it has what it uses')
  t.strictSame(modules.filter((module) => ['factory.ts', 'adapter.ts'].includes(module) || module.includes('/value/check/')), [])
})

t.test('a page that only makes messages has no recognisers, and no check of schemas', async (t) => {
  const modules = Object.keys(await bundle('RequestFactory'))
  t.ok(modules.includes('factory.ts'))
  t.strictSame(modules.filter((module) => module === 'adapter.ts' || module.includes('/value/check/')), [])
})

t.test('makers and recognisers need nothing of Node', async (t) => {
  const modules = Object.keys(await bundle('RequestFactory', 'ResponseFactory', 'RequestAdapter', 'ResponseAdapter', 'ResponseAdaptor'))
  t.ok(modules.includes('adapter.ts'))
})
