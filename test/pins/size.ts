// What a page loads for the client: minified and compressed, with everything that it imports.
//   npm run size
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')

/** The entries, and how many bytes each may have. */
export const LIMITS = [
  { entry: 'fastify-mse/client/signalling', file: 'lib/client/signalling.ts', maxBytes: 9_000 },
  { entry: 'fastify-mse/client', file: 'lib/client/index.ts', maxBytes: 13_000 }
]

/** In bytes; `outside` is what it imports beyond the rooms that a page may have. */
export async function sizeOf (file: string): Promise<{ minified: number, compressed: number, outside: string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, file)], bundle: true, minify: true, format: 'esm', target: 'es2022', platform: 'browser', write: false, metafile: true, absWorkingDir: root
  })
  const contents = outputFiles[0]?.contents ?? new Uint8Array()
  const outside = Object.keys(metafile.inputs).filter((path) => !/^lib\/(?:client|protocol|util)\//.test(path))
  return { minified: contents.length, compressed: gzipSync(contents, { level: 9 }).length, outside }
}

if (process.argv[1] === import.meta.filename) {
  for (const { entry, file, maxBytes } of LIMITS) {
    const { minified, compressed } = await sizeOf(file)
    console.log(`${entry}: ${minified} bytes minified, ${compressed} with gzip, of ${maxBytes}`)
  }
}
