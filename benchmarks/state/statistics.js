import { median } from '../statistics.js'

export { median }

/** A point of a plot from several measurements of it: the median, and how far they lie apart. */
export function point (x, values) {
  return { x, y: median(values), low: Math.min(...values), high: Math.max(...values) }
}
