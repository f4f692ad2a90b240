/** Results as a run makes them, with made-up figures: bars with and without spread, a line, a group that the report does not know. */
export const RESULTS = {
  machine: { cpu: 'A <fast> & quiet machine', cores: 2, memoryGB: 24, kernel: 'Linux 6' },
  node: 'v20.20.2',
  versions: { fastify: '5.0.0', ws: '8.0.0' },
  startedAt: '2026-11-22T21:00:00.000Z',
  rounds: 3,
  results: [
    { id: 'core-limit', group: 'core', name: 'JSON alone', role: 'limit', unit: 'calls per second', higherIsBetter: true, values: [1_000_000, 900_000, 1_100_000] },
    { id: 'core-peer', group: 'core', name: 'slow <old> & peer', role: 'peer', unit: 'calls per second', higherIsBetter: true, values: [400_000, 410_000, 420_000] },
    { id: 'core-better-peer', group: 'core', name: 'better | peer', role: 'peer', unit: 'calls per second', higherIsBetter: true, values: [500_000] },
    { id: 'core-ping', group: 'core', name: 'ping', role: 'ours', unit: 'calls per second', higherIsBetter: true, values: [800_000, 700_000, 900_000] },
    { id: 'memory-limit', group: 'memory-held', name: 'ws', role: 'limit', unit: 'KB', higherIsBetter: false, values: [2.5] },
    { id: 'memory-ours', group: 'memory-held', name: 'WebSocket', role: 'ours', unit: 'KB', higherIsBetter: false, values: [10] },
    {
      id: 'growth-ours',
      group: 'growth-ping',
      name: 'WebSocket: a ping',
      role: 'ours',
      unit: 'µs of CPU',
      higherIsBetter: false,
      values: [[{ x: 100, y: 4, low: 3, high: 5 }, { x: 8_000, y: 5 }], [{ x: 100, y: 6 }, { x: 8_000, y: 5.5 }]]
    },
    { id: 'other', group: 'something new', name: 'alone', role: 'ours', unit: '%', higherIsBetter: true, values: [99] }
  ],
  ratios: [
    { name: 'ping to the limit', of: 'core-ping', to: 'core-limit', value: 0.8, target: 0.7, atLeast: true },
    { name: 'ping to the better peer', of: 'core-ping', to: 'core-better-peer', value: 1.6, target: 2, atLeast: true },
    { name: 'KB of a session', of: 'memory-ours', to: null, value: 10, target: 11, atLeast: false }
  ]
}
