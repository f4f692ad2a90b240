export function median (values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A point of a plot from several measurements of it: the median, and how far they lie apart. */
export function point (x, values) {
  return { x, y: median(values), low: Math.min(...values), high: Math.max(...values) }
}
