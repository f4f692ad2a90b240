// What is made of the values of a case: one figure with its spread, or the points of a line.
import { median } from './state/statistics.js'

/** Is it a line and not one figure? */
export const isLine = ({ values }) => Array.isArray(values[0])

/** The figure of a case over its rounds. That of a line is its last point. */
export function figureOf (one) {
  const values = isLine(one) ? one.values.map((points) => points.at(-1).y) : one.values
  return { value: median(values), low: Math.min(...values), high: Math.max(...values) }
}

/** The points of a line over its rounds: what lay lowest and highest in any. */
export function pointsOf ({ values }) {
  return values[0].map(({ x }, index) => {
    const all = values.map((points) => points[index]).filter((point) => point !== undefined)
    return {
      x,
      y: median(all.map(({ y }) => y)),
      low: Math.min(...all.map(({ y, low = y }) => low)),
      high: Math.max(...all.map(({ y, high = y }) => high))
    }
  })
}

/** The best of these cases, by its median; undefined when there is none. */
export function bestOf (cases) {
  const sign = cases[0]?.higherIsBetter ? -1 : 1
  return [...cases].sort((a, b) => sign * (figureOf(a).value - figureOf(b).value))[0]
}

/** Those of a role that have a figure. */
export const withRole = (cases, role) => cases.filter((one) => one.role === role && one.values.length > 0)

/** The name of a case where its group says the rest: what stands before the colon. */
export const shortName = ({ name }) => name.split(': ')[0]
