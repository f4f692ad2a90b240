// The floods: how many of what come how fast. `what` is told on the page, and so what the server does against it.
const ONCE = { comesAgain: false }
const SLOW = { count: 1_000, perSecond: 500 }

/**
 * `attacks` begin together. Counts and rates are bounded: the attacker has a part of this machine, and floods of packets are nothing that a
 * process could answer.
 */
export const FLOODS = [
  {
    id: 'idle',
    name: '10,000 idle WebSockets and 2,000 idle streams',
    what: 'Each has authenticated as a user of its own, and then only answers pings. They come at 600 a second. Their sessions stay for a minute after ' +
      'their connections, for who comes back.',
    attacks: [{ kind: 'idleSocket', count: 10_000, perSecond: 500, ...ONCE }, { kind: 'idleStream', count: 2_000, perSecond: 100, ...ONCE }]
  },
  {
    id: 'half-open',
    name: '1,000 half-open handshakes',
    what: 'In turn a connection on which nothing is said, half of an upgrade, and a WebSocket that never authenticates. The first two are closed after ' +
      '3 s, the third after 10 s; each is there again at once.',
    attacks: [{ kind: 'halfOpen', ...SLOW }]
  },
  {
    id: 'slow-headers',
    name: '1,000 requests whose headers drip',
    what: 'A line of the head every half second. Closed after 3 s, and there again at once.',
    attacks: [{ kind: 'slowHead', ...SLOW }]
  },
  {
    id: 'slow-bodies',
    name: '1,000 requests whose bodies drip',
    what: 'A byte of a body of 16,000 every half second. Closed after 5 s, and there again at once.',
    attacks: [{ kind: 'slowBody', ...SLOW }]
  },
  {
    id: 'slow-readers',
    name: '5,000 slow readers in rooms of 50',
    what: 'In each of 100 rooms one says 16 KB every 4 s, and nobody reads. What is for all is held once. Whoever takes nothing for 10 s is closed.',
    holdSeconds: 60,
    attacks: [{ kind: 'slowReader', count: 5_000, perSecond: 500, roomSize: 50, everyMs: 4_000, bytes: 16_000, ...ONCE }]
  },
  {
    id: 'slow-pairs',
    name: '5,000 slow readers in rooms of two',
    what: 'In each of 2,500 rooms one says 32 KB every 10 s, and nobody reads. What is held for each of them is held for nobody else.',
    holdSeconds: 60,
    attacks: [{ kind: 'slowReader', count: 5_000, perSecond: 500, roomSize: 2, everyMs: 10_000, bytes: 32_000, ...ONCE }]
  },
  {
    id: 'bad-tokens',
    name: '10,000 refused tokens',
    what: '2,000 WebSockets with five tokens each that another key has signed, 1,000 tokens a second; the fifth refusal closes. Of each network 200 at once and 10 a ' +
      'second are looked at.',
    attacks: [{ kind: 'badToken', count: 2_000, perSecond: 200, ...ONCE }]
  }
]
