/** The middle value; of an even number of values the mean of the two in the middle. */
export function median (values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** From the lowest to the highest, as a share of the median: how far the figure can be trusted. */
export function spread (values) {
  return (Math.max(...values) - Math.min(...values)) / median(values)
}
