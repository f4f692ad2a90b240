import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'

/** What the figures were measured on. */
export function machineOf () {
  return { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), memoryGB: Math.round(totalmem() / 2 ** 30), kernel: `${type()} ${release()}` }
}

/** The versions that are installed of these packages: of the benchmarks' own folder first. */
export function versionsOf (names) {
  const require = createRequire(import.meta.url)
  return Object.fromEntries(names.map((name) => [name, versionOf(require, name)]))
}

/** A package may not export its package.json, so it is looked for where Node would look. */
function versionOf (require, name) {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version
    } catch {
      continue
    }
  }
  return 'not installed'
}
