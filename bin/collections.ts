import { setFlagsFromString } from 'node:v8'

/** Whoever has set one of them by hand knows why. */
const SPACE_SET_BY_HAND = /--(?:min|max)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/
const GROWTH_SET_BY_HAND = /--heap[-_]growing[-_]percent/

/** A full collection comes when the heap is three times as large as after the last one. */
const GROWTH_PERCENT = 200

/**
 * Arranges V8's collections for a server that is to answer soon while many come, where the command line of Node and NODE_OPTIONS leave it open. Call it before much is
 * loaded: a space that has grown stays so. What good clients notice is in docs/floods.md, and how an app of one's own has the same, in docs/deployment.md.
 *
 * Small: the space in which new objects are made stays as small as it is now, 1 or 2 MB, in place of 16 MB and more. When it is full, all of it that is still in use is
 * copied while everything waits, and a server that gets hundreds of links a second keeps most of what it makes: 9 ms at a time with 16 MB, 1 ms with 2 MB. It costs 1 to 3 % of
 * the calls per second. V8 has no option for the size that could be set once it runs, but it obeys the factor by which the space grows.
 *
 * Seldom: while a full collection goes on, for 50 to 100 ms on two cores, answers are late by 5 to 15. V8 begins one whenever the heap has grown by 10 to 90 %, four or more while
 * 12,000 links come; here it has to triple. Near its greatest size V8 collects as often as ever, so nobody runs out of memory by that.
 */
export function arrangeCollections (execArgv: readonly string[], nodeOptions = ''): void {
  const byHand = [...execArgv, nodeOptions].join(' ')
  if (!SPACE_SET_BY_HAND.test(byHand)) setFlagsFromString('--semi-space-growth-factor=1')
  if (!GROWTH_SET_BY_HAND.test(byHand)) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}
