// Whether we are still as near to the limit as in the figures that were committed last.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bestOf, figureOf, withRole } from './report-figures.js'

/** A case that has come so much further from its limit is marked. */
const FALL = 0.15

/** The results that a report was last written from; null when there are none. */
export async function readCommitted (folder) {
  const text = await readFile(join(folder, 'benchmarks', 'results.json'), 'utf8').catch(() => null)
  return text === null ? null : JSON.parse(text)
}

/**
 * Prints each case of ours as a share of the limit of its own run, now and then: 1 is as good as the limit, and more is always better. Machines
 * differ, their ratios much less.
 * @returns the ids of the cases that fell by more than 15 %
 */
export function compare (results, committed, print = console.log) {
  const before = new Map((committed === null ? [] : shares(committed.results)).map(({ id, share }) => [id, share]))
  const fallen = []
  print('share of the limit (of the best peer where there is no limit) now | committed')
  for (const { id, share } of shares(results.results)) {
    const then = before.get(id)
    const hasFallen = then !== undefined && share < then * (1 - FALL)
    if (hasFallen) fallen.push(id)
    print(`${share.toFixed(2).padStart(7)} | ${(then?.toFixed(2) ?? 'new').padStart(6)}  ${id}${hasFallen ? `  <-- fell by ${Math.round((1 - share / then) * 100)} %` : ''}`)
  }
  return fallen
}

function shares (cases) {
  return withRole(cases, 'ours').flatMap((one) => {
    const group = cases.filter(({ group }) => group === one.group)
    const measure = bestOf(withRole(group, 'limit')) ?? bestOf(withRole(group, 'peer'))
    if (measure === undefined) return []
    const ratio = figureOf(one).value / figureOf(measure).value
    return [{ id: one.id, share: one.higherIsBetter ? ratio : 1 / ratio }]
  })
}
