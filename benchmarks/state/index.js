// All that is measured of ours at rest and beside others, as data; see run.js for how it is run.
import { coreCases } from './core.js'
import { growthCases } from './growth.js'
import { mediaCases } from './media.js'
import { memoryCases } from './memory.js'
import { median } from './statistics.js'

/**
 * `run` measures once; `rounds`, where it is there, says how many times at the most, for what takes long and hardly varies.
 */
export const stateCases = [...coreCases, ...memoryCases, ...growthCases, ...mediaCases]

/** A limit in the unit of the case: `to` is null. */
const within = (name, of, target) => ({ name, of, to: null, target, atLeast: false, value: (valuesOf) => median(valuesOf(of)) })

/** How much dearer the last point is than the first. */
function growth (name, of, target) {
  const ratio = (points) => points.at(-1).y / points[0].y
  return { name, of, to: `${of} with the fewest`, target, atLeast: false, value: (valuesOf) => median(valuesOf(of).map(ratio)) }
}

function faster (name, of, to, target) {
  return { name, of, to, target, atLeast: true, value: (valuesOf) => median(valuesOf(of)) / median(valuesOf(to)) }
}

function cheaper (name, of, to, target) {
  return { ...faster(name, of, to, target), atLeast: false }
}

/** What is wanted of the figures. */
const TARGETS = [
  within('KB of heap and buffers, an idle session on WebSocket', 'memory-mse-websocket-held', 11),
  within('KB of heap and buffers, an idle session on WebSocket that can resume', 'memory-mse-resume-held', 11),
  within('KB of heap and buffers, an idle session on events', 'memory-mse-events-held', 13),
  within('KB of the process, an idle session on WebSocket', 'memory-mse-websocket-rss', 11),
  within('KB of the process, an idle session on events', 'memory-mse-events-rss', 13),
  growth('a ping with 8,000 sessions open to one with 100', 'growth-ping-mse', 1.2),
  growth('a delivery with 8,000 sessions open to one with 100', 'growth-delivery-mse', 1.2),
  faster('ping without sockets to json-rpc-2.0', 'core-ping-calls', 'core-json-rpc-2.0-calls', 1),
  faster('ping without sockets to jayson', 'core-ping-calls', 'core-jayson-calls', 1),
  cheaper('CPU for each Mbps that the embedded engine forwards, to werift\'s own peer connections', 'media-fan-out', 'media-werift', 0.91),
  { ...within('% of the packets arrive at the engine\'s limit, while joins are refused', 'media-admission', 99), atLeast: true }
]

/**
 * The targets with what was reached, for `ratios` of the results. One whose cases were not run is left out.
 * @param results as `report.js` takes them
 */
export function stateRatios (results) {
  const byId = new Map(results.map(({ id, values }) => [id, values]))
  return TARGETS
    .filter(({ of, to }) => byId.has(of) && (to === null || byId.has(to) || to.startsWith(of)))
    .map(({ value, ...target }) => ({ ...target, value: value((id) => byId.get(id)) }))
}
