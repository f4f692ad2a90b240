const TAP = new URL('tap.js', import.meta.url).href
const RUNNER = new URL('run.js', import.meta.url).href

/** Gives the tests tap.js, and tap's own root to the runner alone. */
export function resolve (specifier, context, next) {
  if (specifier !== 'tap' || context.parentURL === RUNNER || context.parentURL?.includes('/node_modules/')) return next(specifier, context)
  return { url: TAP, format: 'module', shortCircuit: true }
}
