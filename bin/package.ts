import { existsSync, readFileSync } from 'node:fs'

/** The folder of the package's own package.json, seen from the sources and from `dist` alike. */
export const PACKAGE_ROOT: URL = rootAbove(new URL('.', import.meta.url))

/** The version in package.json. */
export function packageVersion (): string {
  const manifest = JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8')) as { version: string }
  return manifest.version
}

function rootAbove (folder: URL): URL {
  return existsSync(new URL('package.json', folder)) ? folder : rootAbove(new URL('..', folder))
}
