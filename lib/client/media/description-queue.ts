/**
 * A queue of one: descriptions of one connection are applied strictly one after the other.
 * @param failed hears of a step that failed; those behind it go on
 */
export function descriptionQueue (failed: (error: unknown) => void): (step: () => Promise<void>) => void {
  let tail = Promise.resolve()
  return (step) => { tail = tail.then(step).catch(failed) }
}
