import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Source maps stay inline, so that a failed test names its line. */
const OPTIONS = { loader: 'ts', format: 'esm', target: 'node20', sourcemap: 'inline', sourcesContent: false }

/** What was transformed before, by its content: each test file is a process of its own, and most of them load the same hundred files. */
const CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'typescript')

export async function resolve (specifier, context, next) {
  const isOurs = specifier.endsWith('.ts') && (specifier.startsWith('.') || specifier.startsWith('file:')) && !context.parentURL?.includes('/node_modules/')
  if (!isOurs) return next(specifier, context)
  return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
}

export async function load (url, context, next) {
  if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context)
  const sourcefile = fileURLToPath(url)
  const text = await readFile(sourcefile, 'utf8')
  const cached = join(CACHE, `${createHash('sha256').update(JSON.stringify([OPTIONS, sourcefile, text])).digest('hex')}.js`)
  const source = await readFile(cached, 'utf8').catch(() => transformed(text, sourcefile, cached))
  return { format: 'module', source, shortCircuit: true }
}

/** Renamed when it is whole: another process may look for it at the same moment. */
async function transformed (text, sourcefile, cached) {
  const { transform } = await import('esbuild')
  const { code } = await transform(text, { ...OPTIONS, sourcefile })
  const own = `${cached}.${process.pid}`
  await mkdir(CACHE, { recursive: true })
  await writeFile(own, code)
  await rename(own, cached)
  return code
}
