/** The project's own sources, for tests that read them. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A source and its path from the root of the project. */
export interface Source {
  readonly path: string
  readonly text: string
}

/** The files under these folders (or the files of that name) whose names end in `.ts` or `.js`. */
export function sourcesIn (...places: readonly string[]): Source[] {
  return places.flatMap(pathsIn).map((path) => ({ path, text: readFileSync(`${ROOT}${path}`, 'utf8') }))
}

/** One file of the project as text. */
export function readProjectFile (path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8')
}

function pathsIn (place: string): string[] {
  if (/\.[jt]s$/.test(place)) return [place]
  return readdirSync(`${ROOT}${place}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[jt]s$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(ROOT.length))
    .sort()
}
