import { requirement } from './requirement.ts'

const bare = (setup: string): string => `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=setup:${setup}\r\n`
const LINE = 'candidate:1 1 udp 2113937151 127.0.0.1 50000 typ host'

requirement('MSE-SDP-1', 'tells offers from answers in both forms', async (t, open) => {
  const world = await open()
  const client = await world.join('ada', { start: true })
  const offers = [bare('actpass'), bare('active'), bare('passive'), 'v=0', { type: 'offer', sdp: bare('active') }, { type: 'answer', sdp: 'v=0' }]
  for (const offer of offers) client.tell('sdpOffer', { offer })
  await client.isSilent(t)
  t.strictSame(world.engine.peers[0]?.descriptions, [
    { type: 'offer', sdp: bare('actpass') }, { type: 'answer', sdp: bare('active') }, { type: 'answer', sdp: bare('passive') }, { type: 'offer', sdp: 'v=0' },
    { type: 'offer', sdp: bare('active') }, { type: 'answer', sdp: 'v=0' }
  ])
  for (const offer of ['', {}, { type: 'offer' }, { type: 'offer', sdp: '' }, { type: 'pranswer', sdp: 'v=0' }, 7, null, [bare('actpass')]]) {
    t.match(await client.fail('sdpOffer', { offer }), { code: -32602 }, JSON.stringify(offer))
  }
  t.match(await client.fail('sdpAnswer', { offer: 'v=0' }), { code: -32601 }, 'there is no sdpAnswer')
})

requirement('MSE-SDP-2', 'writes descriptions in the form that the client used first', async (t, open) => {
  const world = await open()
  const [classic, modern] = [await world.join('ada', { start: true }), await world.join('bob', { start: true })]
  const answer = { type: 'answer', sdp: 'v=0 answer' } as const
  const [toClassic, toModern] = world.engine.peers.map(({ context }) => context)
  toClassic?.sendDescription(answer)
  t.match(await classic.next(), { id: null, method: 'sdpOffer', params: { offer: answer } }, 'an object until it is known')
  for (const offer of [bare('actpass'), { type: 'offer', sdp: 'v=0' }]) await classic.succeed('sdpOffer', { offer })
  for (const offer of [{ type: 'offer', sdp: 'v=0' }, bare('actpass')]) await modern.succeed('sdpOffer', { offer })
  toClassic?.sendDescription(answer)
  toModern?.sendDescription(answer)
  t.strictSame(await classic.next(), { id: null, method: 'sdpOffer', jsonrpc: '2.0', params: { offer: 'v=0 answer' } })
  t.strictSame(await modern.next(), { id: null, method: 'sdpOffer', jsonrpc: '2.0', params: { offer: answer } })
})

requirement('MSE-ICE-1', 'takes candidates as lines and as objects', async (t, open) => {
  const world = await open()
  const client = await world.join('ada', { start: true })
  const init = { candidate: LINE, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'abcd' }
  const candidates = [LINE, `a=${LINE}`, '', init, { candidate: '' }, { candidate: LINE, sdpMid: null, sdpMLineIndex: null, usernameFragment: null }]
  for (const candidate of candidates) client.tell('iceCandidate', { candidate })
  await client.isSilent(t)
  t.strictSame(world.engine.peers[0]?.candidates, [{ candidate: LINE }, { candidate: LINE }, { candidate: '' }, ...candidates.slice(3)])
  for (const candidate of [7, null, [], {}, { candidate: 7 }, { candidate: LINE, sdpMLineIndex: -1 }, { candidate: LINE, sdpMLineIndex: 0.5 }]) {
    t.match(await client.fail('iceCandidate', { candidate }), { code: -32602 }, JSON.stringify(candidate))
  }
})

requirement('MSE-ICE-2', 'writes candidates in the form of the client\'s first, or else of its descriptions', async (t, open) => {
  const world = await open()
  const client = await world.join('ada', { start: true })
  const candidate = { candidate: LINE, sdpMid: '0', sdpMLineIndex: 0 }
  const sent = async (): Promise<unknown> => {
    world.engine.peers[0]?.context.sendCandidate(candidate)
    return client.next()
  }
  const frame = (form: unknown): object => ({ id: null, method: 'iceCandidate', jsonrpc: '2.0', params: { candidate: form } })
  t.strictSame(await sent(), frame(candidate), 'an object until it is known')
  await client.succeed('sdpOffer', { offer: bare('actpass') })
  t.strictSame(await sent(), frame(LINE), 'as its descriptions')
  await client.succeed('iceCandidate', { candidate })
  await client.succeed('iceCandidate', { candidate: LINE })
  t.strictSame(await sent(), frame(candidate), 'as its first candidate')
})
