// What plots are made of: SVG text, without a dependency. Each is a card with a background of its own: an image follows the colours of the system and not
// those of the page around it, which on GitHub may be the others.
const FONT = 'font-family="ui-sans-serif, system-ui, -apple-system, \'Segoe UI\', Helvetica, Arial, sans-serif"'

export const TEXT = '#6e7781'
export const GRID = '#8b949e'

const STYLE = `<style>
  .card { fill: #fff; stroke: #d1d9e0 } .grid { stroke-opacity: .28 } text { fill: #59636e } .strong { fill: #1f2328 }
  .halo text { stroke: #fff; stroke-width: 5; stroke-linejoin: round; paint-order: stroke }
  @media (prefers-color-scheme: dark) { .card { fill: #0d1117; stroke: #3d444d } text { fill: #9198a1 } .strong { fill: #f0f6fc } .halo text { stroke: #0d1117 } }
</style>`

export const WIDTH = 760

/** Text that may stand in XML. */
function escapeXml (text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)
}

/** A coordinate with as many digits as can be seen. */
export const at = (value) => Number(value.toFixed(1))

export const text = (x, y, content, { anchor = 'start', size = 13, strong = false, weight = 400 } = {}) =>
  `<text x="${at(x)}" y="${at(y)}" font-size="${size}" text-anchor="${anchor}" font-weight="${weight}"${strong ? ' class="strong"' : ''}>${escapeXml(content)}</text>`

export const line = (x1, y1, x2, y2, attributes) => `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" ${attributes}/>`

/** A card of that height with the parts on it; `title` and `description` are for those who do not see it. */
export function svg (height, title, description, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${at(height)}" width="${WIDTH}" height="${at(height)}" role="img" ${FONT}>
<title>${escapeXml(title)}</title>
<desc>${escapeXml(description)}</desc>
${STYLE}
<rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${at(height - 1)}" rx="8"/>
${parts.filter((part) => part !== '').join('\n')}
</svg>
`
}
