import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'

/** Source maps stay inline, so that a failed test names its line. */
const OPTIONS = { loader: 'ts', format: 'esm', target: 'node20', sourcemap: 'inline', sourcesContent: false }

export async function resolve (specifier, context, next) {
  const isOurs = specifier.endsWith('.ts') && (specifier.startsWith('.') || specifier.startsWith('file:')) && !context.parentURL?.includes('/node_modules/')
  if (!isOurs) return next(specifier, context)
  return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
}

export async function load (url, context, next) {
  if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context)
  const sourcefile = fileURLToPath(url)
  const { code } = await transform(await readFile(sourcefile, 'utf8'), { ...OPTIONS, sourcefile })
  return { format: 'module', source: code, shortCircuit: true }
}
