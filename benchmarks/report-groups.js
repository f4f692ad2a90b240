// What the groups of cases are called in the report, in its order, and what a reader has to know to read their figures. A group that is not here
// goes by its own name, after these.

export const GROUPS = {
  'memory-held': {
    title: 'Memory of an idle WebSocket session: heap and buffers',
    note: 'What `process.memoryUsage()` gives as `heapUsed` and `external` after full collections, for each of 8,000 sessions, above what it was before them. ' +
      'Every session of ours has authenticated with a token of its own user; the limit and the peers know nobody. Where there are pings, the first has been answered.'
  },
  'memory-rss': {
    title: 'Memory of an idle WebSocket session: the whole process',
    note: 'The same as `rss`: with the sockets of libuv, the free space of V8\'s pages and the allocator\'s. The buffers of the kernel are in neither.'
  },
  'memory-http-held': {
    title: 'Memory of an idle session on events or poll: heap and buffers',
    note: 'As above. The load keeps one connection for each session, which has carried its POST of `auth` before its stream or poll.'
  },
  'memory-http-rss': {
    title: 'Memory of an idle session on events or poll: the whole process',
    note: ''
  },
  heartbeats: {
    title: 'Heartbeats of 8,000 idle sessions',
    note: 'CPU of the server for a ping every 20 s and its pong. It was measured with a ping every 2 s and divided by ten; nothing is taken off for the idle process.'
  },
  'growth-ping': {
    title: 'A ping answered, by open sessions',
    xLabel: 'sessions open',
    note: '50 sessions send pings, 16 in flight on each; the others are idle. Microseconds of the server\'s CPU for each answer, garbage collection and kernel included. ' +
      'The limit gives every answer to the socket in a write of its own; ours writes the answers of one turn together.'
  },
  'growth-delivery': {
    title: 'A notification delivered in a room of 50, by open sessions',
    xLabel: 'sessions open',
    note: 'A notification at a time to a room of 50, in a turn of the event loop of its own, while the other sessions are idle in rooms of their own.'
  },
  'growth-room': {
    title: 'A notification delivered, by members of the room',
    xLabel: 'members of the room',
    note: 'The same with one room, for each member that gets it.'
  },
  core: {
    title: 'Without sockets: calls',
    note: 'From the text of a message, in bytes as a socket gives it, to the text of its answer on a link that leads nowhere. Per second of CPU, garbage collection on the same core. ' +
      'The limit parses the message and writes an answer of the same form and does nothing else; ours checks, counts, limits and dispatches, and puts the answer together faster than `JSON.stringify` does.'
  },
  'core-bytes': {
    title: 'Without sockets: allocation',
    note: 'By how much the heap has grown over 20,000 calls during which nothing was collected.'
  },
  media: {
    title: 'The embedded engine: forwarding video',
    note: 'A publisher of 1 Mbps (30 frames a second of four packets) to receivers on loopback, each on its own encrypted connection. CPU of the whole server process, divided by the Mbps that ' +
      'arrived. The limit encrypts the same packets with `node:crypto` and sends them from as many sockets of `node:dgram`; the peer has a ' +
      '`RTCPeerConnection` of werift for each receiver, and one track that all of them send. The load sends receiver reports, and reads headers without decrypting.'
  },
  'media-growth': {
    title: 'The embedded engine: by receivers',
    xLabel: 'receivers',
    note: ''
  },
  'media-admission': {
    title: 'The embedded engine at its limit',
    note: 'Thirty want to publish 1 Mbps each in one room at once. The engine takes as many as its limit of 150 forwarded streams allows, and answers the others -7001 with `retryAfterMs`. Measured is the ' +
      'share of all packets that arrives for those who are in, while others go on asking.'
  }
}

/** Groups of these results in the order of the report. */
export function groupsOf (results) {
  const known = Object.keys(GROUPS)
  const there = [...new Set(results.map(({ group }) => group))]
  const place = (group) => known.indexOf(group)
  return there.sort((a, b) => (place(a) === -1) - (place(b) === -1) || (place(a) === -1 ? 0 : place(a) - place(b)))
    .map((group) => ({ group, title: group, xLabel: '', note: '', ...GROUPS[group], cases: results.filter((one) => one.group === group) }))
}
