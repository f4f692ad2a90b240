// Results as a page: docs/benchmarks.md and its plots. Nothing is measured here.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { barPlot, linePlot } from './plot.js'
import { figureOf, isLine, pointsOf, shortName } from './report-figures.js'
import { groupsOf } from './report-groups.js'
import { groupTable, inOrder, targetTable, versionTable } from './report-tables.js'

export { compare, readCommitted } from './report-compare.js'

/**
 * Writes `<folder>/benchmarks.md`, its plots in `<folder>/benchmarks/`, and the results themselves beside them, for the next run to compare with.
 * @param results `{ machine, node, versions, startedAt, rounds, results: [{ id, group, name, role, unit, higherIsBetter, values }],
 *   ratios: [{ name, of, to, value, target, atLeast }] }`
 * @returns the paths of the files
 */
export async function writeReport (results, folder) {
  const plots = plotsOf(results)
  const files = new Map([
    ['benchmarks.md', reportText(results)],
    [join('benchmarks', 'results.json'), `${JSON.stringify(results, null, 1)}\n`],
    ...plots.map(({ file, svg }) => [join('benchmarks', file), svg])
  ])
  await mkdir(join(folder, 'benchmarks'), { recursive: true })
  await removeOldPlots(join(folder, 'benchmarks'))
  for (const [path, text] of files) await writeFile(join(folder, path), text)
  return [...files.keys()].map((path) => join(folder, path))
}

/** A group that is measured no more must not leave its picture behind. */
async function removeOldPlots (folder) {
  for (const name of await readdir(folder)) if (name.endsWith('.svg')) await rm(join(folder, name))
}

/** The plots of the results, as `{ file, group, title, svg }`: bars for the figures of a group, lines for its lines. */
export function plotsOf ({ results, ratios }) {
  return groupsOf(results).flatMap(({ group, title, xLabel, cases }) => {
    const ordered = inOrder(cases)
    const bars = ordered.filter((one) => !isLine(one))
    const lines = ordered.filter(isLine)
    const plots = []
    // One bar alone says nothing that its number does not.
    if (bars.length > 1) plots.push({ file: `${slug(group)}.svg`, group, title, svg: barsOf(title, bars, ratios) })
    if (lines.length > 0) plots.push({ file: `${slug(group)}${bars.length > 1 ? '-lines' : ''}.svg`, group, title, svg: linesOf(title, xLabel, lines) })
    return plots
  })
}

const slug = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')

function barsOf (title, cases, ratios) {
  const [{ unit, higherIsBetter }] = cases
  const bars = cases.map((one) => ({ name: one.name, role: one.role, ...figureOf(one) }))
  // Only a target that holds for all of ours can be one line across them.
  const targets = new Set(ratios.filter(({ of, to }) => to === null && cases.some(({ id }) => id === of)).map(({ target }) => target))
  return barPlot({ title, unit, higherIsBetter, bars, ...(targets.size === 1 ? { target: [...targets][0] } : {}) })
}

function linesOf (title, xLabel, cases) {
  const [{ unit, higherIsBetter }] = cases
  const series = cases.map((one) => ({ name: shortName(one), role: one.role, points: pointsOf(one) }))
  return linePlot({ title, unit, xLabel, higherIsBetter, series })
}

/** The page as Markdown. */
export function reportText (results) {
  const plots = plotsOf(results)
  const parts = [
    '# Benchmarks',
    '`npm run bench` measures all of this in one run, and writes this page. Nobody edits it by hand.',
    runText(results),
    results.ratios.length === 0 ? '' : `## Targets\n\n${targetsText(results.ratios)}`,
    ...groupsOf(results.results).map((one) => groupText(one, plots.filter(({ group }) => group === one.group))),
    METHOD,
    `## Versions\n\n${versionTable(results.node, results.versions)}`
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function runText ({ machine, node, startedAt, rounds }) {
  return `${machine.cpu}, ${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'}, ${machine.memoryGB} GB, ${machine.kernel}, Node.js ${node.replace(/^v/, '')}; ` +
    `${startedAt.slice(0, 10)}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}. Figures are medians, in brackets the lowest and the highest; the ratio of a target is the median of those of its rounds.`
}

function targetsText (ratios) {
  const reached = ratios.filter(({ value, target, atLeast }) => atLeast ? value >= target : value <= target).length
  return `${reached} of ${ratios.length} are reached.\n\n${targetTable(ratios)}`
}

function groupText ({ title, note, cases }, plots) {
  const pictures = plots.map(({ file, title: alt }) => `![${alt}](benchmarks/${file})`)
  return [`## ${title}`, note, ...pictures, groupTable(cases)].filter((part) => part !== '').join('\n\n')
}

const METHOD = `## How to read it

- *limit* is not a competitor but what can be had at all: the layer below with nothing on top, which knows no users, numbers, limits or resumption.
  *peer* is a package that somebody could use instead. *ours* is this package from its build, with the defaults of its options except for what would
  stop a load generator: rates, and buffers of slow readers.
- Server and load are two processes, pinned to two cores where there is \`taskset\`. On a machine with two cores that do other things too,
  figures of CPU time vary by some percent, and wall-clock figures by more: compare ratios of one run, not figures of two.
- Cases are repeated in turn, so that a noisy machine is noisy for all of them. What takes long is measured in one round only; its spread is then of
  several stretches within it. What a target compares over POST, or by chat, is measured by turns within each round: what the machine or Node's own server costs is most of it on all sides, so it lies close together.
- Everything is on loopback: no network card, no loss, no latency.`
