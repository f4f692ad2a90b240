import { setFlagsFromString } from 'node:v8'

/** Whoever has set it by hand knows why. */
const SET_BY_HAND = /--(?:min|max)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/

/**
 * Keeps the space in which V8 makes new objects as small as it is now, 1 or 2 MB, in place of 16 MB and more, if the command line of Node and NODE_OPTIONS leave it open.
 * Call it before much is loaded: a space that has grown stays so.
 *
 * When that space is full, all that is still in use is copied while everything waits. A server that gets hundreds of links a second keeps most of what it makes:
 * 9 ms at a time with 16 MB, 1 ms with 2 MB, which is what its good clients notice of a flood (docs/floods.md). It costs 1 to 3 % of the calls per second. V8 has no
 * option for the size that could be set once it runs, but it obeys the factor by which the space grows; test/bin/young-generation sees that on each version of Node.
 */
export function keepYoungGenerationSmall (execArgv: readonly string[], nodeOptions = ''): void {
  if (!SET_BY_HAND.test([...execArgv, nodeOptions].join(' '))) setFlagsFromString('--semi-space-growth-factor=1')
}
