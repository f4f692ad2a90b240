// Sends mutated inputs to a server until something breaks.
//   npm run fuzz -- --minutes 10        so long, with other inputs each time
//   npm run fuzz -- --inputs 100000     so many
//   npm run fuzz -- --seed 7            the same ones again
//   npm run fuzz -- --replay file.json  the one that failed
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Coverage } from './coverage.ts'
import { readInput, writeInput } from './input.ts'
import { readSaved, writeSaved } from './saved.ts'

const PROGRESS_MS = 5_000

const { values } = parseArgs({ options: { minutes: { type: 'string' }, inputs: { type: 'string' }, seed: { type: 'string' }, replay: { type: 'string' } } })
const coverage = new Coverage()
coverage.start()
const { fuzz, needed } = await import('./fuzzer.ts')

async function replay (file: string): Promise<void> {
  const { Target } = await import('./target.ts')
  const target = new Target()
  const { fault, slowestMs } = await target.run(readInput(JSON.parse(readFileSync(file, 'utf8'))))
  console.log(fault ?? await target.check() ?? 'nothing is wrong', `${slowestMs.toFixed(1)} ms`)
  target.close()
}

async function run (): Promise<void> {
  const seed = Number(values.seed ?? Date.now() % 1e9)
  const until = values.minutes === undefined ? undefined : Date.now() + Number(values.minutes) * 60_000
  const inputs = Number(values.inputs ?? (until === undefined ? 10_000 : Infinity))
  console.log(`seed ${seed}`)
  let told = Date.now()
  const report = await fuzz({
    seed,
    inputs,
    coverage,
    kept: readSaved(),
    ...(until === undefined ? {} : { until }),
    onProgress (report) {
      if (Date.now() - told < PROGRESS_MS) return
      told = Date.now()
      console.log(lineOf(report()))
    }
  })
  console.log(lineOf(report))
  if (report.failure !== null) return fail(report.failure)
  writeSaved(await needed(report.kept, coverage))
}

function lineOf ({ inputs, ms, coverage, kept, slowOnce }: Awaited<ReturnType<typeof fuzz>>): string {
  const { functions, blocks, missed } = coverage
  return `${inputs} inputs, ${Math.round(inputs * 1_000 / ms)}/s, ${functions} functions, ${blocks} blocks of ${blocks + missed}, ${kept.length} kept, ${slowOnce} slow once, ${(ms / 1_000).toFixed(0)} s`
}

function fail ({ fault, input }: NonNullable<Awaited<ReturnType<typeof fuzz>>['failure']>): void {
  const file = join(tmpdir(), `mse-fuzz-${Date.now()}.json`)
  writeFileSync(file, writeInput(input))
  console.error(`${fault}\nnpm run fuzz -- --replay ${file}`)
  process.exitCode = 1
}

await (values.replay === undefined ? run() : replay(values.replay))
