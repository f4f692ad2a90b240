// @ts-check
/* global MutationObserver, ResizeObserver */

const GAP_PX = 12
const WIDEST = 16 / 9

/**
 * The size of `count` equal tiles that covers most of the box.
 * @param {number} count @param {number} width @param {number} height @param {number} narrowest width by height
 */
export function tileSize (count, width, height, narrowest) {
  let best = { width: 0, height: 0 }
  for (let columns = 1; columns <= count; columns++) {
    const size = fit(columns, Math.ceil(count / columns), width, height, narrowest)
    if (size.width * size.height > best.width * best.height) best = size
  }
  return best
}

/** @param {number} columns @param {number} rows @param {number} width @param {number} height @param {number} narrowest */
function fit (columns, rows, width, height, narrowest) {
  const cellWidth = Math.max(0, (width - GAP_PX * (columns - 1)) / columns)
  const cellHeight = Math.max(0, (height - GAP_PX * (rows - 1)) / rows)
  const tileWidth = Math.min(cellWidth, cellHeight * WIDEST)
  return { width: Math.floor(tileWidth), height: Math.floor(Math.min(cellHeight, tileWidth / narrowest)) }
}

/**
 * Faces may be cut to nearly square, on a tall box to portrait: a phone held upright would otherwise stay empty for
 * the most part. @type {(width: number, height: number) => number}
 */
export const forFaces = (width, height) => height > width ? 3 / 4 : 4 / 3

/** Of a screen nothing may be cut. @type {(width: number, height: number) => number} */
export const forScreens = () => 16 / 10

/**
 * Keeps the tiles of `grid` fitted whenever its size or their number changes.
 * @param {HTMLElement} grid @param {(width: number, height: number) => number} narrowest
 */
export function keepFitted (grid, narrowest) {
  const apply = () => {
    const { clientWidth, clientHeight } = grid
    const { width, height } = tileSize(grid.childElementCount, clientWidth, clientHeight, narrowest(clientWidth, clientHeight))
    grid.style.setProperty('--tile-width', `${width}px`)
    grid.style.setProperty('--tile-height', `${height}px`)
  }
  new ResizeObserver(apply).observe(grid)
  new MutationObserver(apply).observe(grid, { childList: true })
}
