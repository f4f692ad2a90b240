// @ts-check
/* global MutationObserver, ResizeObserver */

const GAP_PX = 12
const WIDEST = 16 / 9

/**
 * The size of `count` equal tiles that covers most of the box. Tiles may be cut to nearly square, on a tall box to
 * portrait, because a phone held upright would otherwise stay empty for the most part.
 * @param {number} count @param {number} width @param {number} height
 */
export function tileSize (count, width, height) {
  const narrowest = height > width ? 3 / 4 : 4 / 3
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

/** Keeps the tiles of `grid` fitted whenever its size or their number changes. @param {HTMLElement} grid */
export function keepFitted (grid) {
  const apply = () => {
    const { width, height } = tileSize(grid.childElementCount, grid.clientWidth, grid.clientHeight)
    grid.style.setProperty('--tile-width', `${width}px`)
    grid.style.setProperty('--tile-height', `${height}px`)
  }
  new ResizeObserver(apply).observe(grid)
  new MutationObserver(apply).observe(grid, { childList: true })
}
