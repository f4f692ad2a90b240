/** What runs of the mutator have kept: inputs that reached something, one on each line. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type Input, readInput, writeInput } from './input.ts'

const FILE = new URL('./corpus/inputs.json', import.meta.url)

export function readSaved (): Input[] {
  return (JSON.parse(readFileSync(FILE, 'utf8')) as unknown[]).map(readInput)
}

export function writeSaved (inputs: readonly Input[]): void {
  writeFileSync(FILE, `[\n${inputs.map(writeInput).join(',\n')}\n]\n`)
}
