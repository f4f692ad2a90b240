import type { Client } from './client.ts'
import { CLIENT_ADDRESS } from './harness.ts'
import { addGate } from './gate.ts'
import { requirement } from './requirement.ts'

requirement('MSE-WHOAMI-1', 'tells the identity, dates as ISO 8601 and null for what a token does not say', async (t, open) => {
  const world = await open({ environment: 'development' })
  const nowS = world.clock.now() / 1000
  const iso = (seconds: number): string => new Date(seconds * 1000).toISOString()
  const client = await world.open()
  const token = world.token({ userId: 'ada', roomId: 'r1', role: 'super', agent: 'web', domain: 'example.org', iat: nowS - 3, nbf: nowS - 2, exp: nowS + 60 })
  await client.succeed('auth', { token, version: '1.0' })
  t.strictSame(await client.succeed('whoami'), {
    domain: 'example.org',
    agent: 'web',
    role: 'super',
    userId: 'ada',
    roomId: 'r1',
    ipAddress: CLIENT_ADDRESS,
    tokenIssued: iso(nowS - 3),
    validFrom: iso(nowS - 2),
    validTo: iso(nowS + 60)
  })
  const plain = await world.join('bob')
  t.strictSame(await plain.succeed('whoami'), {
    domain: null,
    agent: null,
    role: 'user',
    userId: 'bob',
    roomId: 'lobby',
    ipAddress: CLIENT_ADDRESS,
    tokenIssued: iso(nowS),
    validFrom: null,
    validTo: iso(nowS + 3_600)
  })
})

const heard = async (client: Client): Promise<unknown> => (await client.next()).params

requirement('MSE-CHAT-1', 'gives a message for all to every other session of the room', async (t, open) => {
  const world = await open()
  const [ada, tablet, bob] = [await world.join('ada'), await world.join('ada'), await world.join('bob')]
  const stranger = await world.join('eve', { roomId: 'attic' })
  const nobody = await world.open()
  ada.tell('chat', { to: [], message: 'hello' })
  for (const client of [tablet, bob]) t.strictSame(await heard(client), { to: [], message: 'hello', from: 'ada' })
  for (const client of [ada, stranger, nobody]) await client.isSilent(t)
})

requirement('MSE-CHAT-2', 'gives a message for some to their sessions in the room, and tells the sender nothing', async (t, open) => {
  const world = await open()
  const [ada, tablet] = [await world.join('ada'), await world.join('ada')]
  const [bob, phone, eve] = [await world.join('bob'), await world.join('bob'), await world.join('eve')]
  const away = await world.join('bob', { roomId: 'attic' })
  const sent = { to: ['bob', 'ada', 'bob', 'nobody'], message: 'psst' }
  t.equal(await ada.succeed('chat', sent), null, 'the same answer, whoever is there')
  for (const client of [tablet, bob, phone]) {
    t.strictSame(await heard(client), { ...sent, from: 'ada' })
    await client.isSilent(t, 'once')
  }
  for (const client of [ada, eve, away]) await client.isSilent(t)
  t.equal(await ada.succeed('chat', { to: ['nobody'], message: 'psst' }), null)
  for (const client of [ada, bob, eve]) await client.isSilent(t)
})

requirement('MSE-CHAT-3', 'delivers what was sent, from who has sent it', async (t, open) => {
  const world = await open()
  const [ada, bob] = [await world.join('ada'), await world.join('bob')]
  for (const attachment of [{ kind: 'object', deep: [1, { a: null }] }, 'text', 0, false, null, []]) {
    ada.tell('chat', { to: [], message: '\u2028"\n', attachment, from: 'eve', extra: 1 })
    t.strictSame(await heard(bob), { to: [], message: '\u2028"\n', attachment, from: 'ada' })
  }
  ada.tell('chat', { to: ['bob'], message: '' })
  t.strictSame(await heard(bob), { to: ['bob'], message: '', from: 'ada' }, 'absent when it was')
  for (const params of [{ message: 'x' }, { to: [] }, { to: [7], message: 'x' }, { to: 'bob', message: 'x' }, { to: [], message: 7 }]) {
    t.match(await ada.fail('chat', params), { code: -32602 }, JSON.stringify(params))
  }
})

requirement('MSE-DISC-1', 'closes with 1000, after the answer when there is one', async (t, open) => {
  const world = await open()
  const [told, asked] = [await world.join('ada'), await world.join('bob')]
  told.tell('disconnect')
  await told.isClosed(t, 1000)
  t.equal(await asked.succeed('disconnect', {}), null)
  await asked.isClosed(t, 1000)
  t.equal(world.mse.sessions.size, 0)
  t.equal(world.mse.room('lobby').size, 0)
})

requirement('MSE-DISC-2', 'runs nothing after disconnect and answers no call that was in flight', async (t, open) => {
  const world = await open()
  const gate = addGate(world)
  const [ada, bob] = [await world.join('ada'), await world.join('bob')]
  ada.request('gate')
  ada.send([
    { id: null, method: 'chat', jsonrpc: '2.0', params: { to: [], message: 'before' } },
    { id: null, method: 'disconnect', jsonrpc: '2.0' },
    { id: null, method: 'chat', jsonrpc: '2.0', params: { to: [], message: 'after, in the batch' } }
  ])
  ada.tell('chat', { to: [], message: 'after' })
  await ada.isClosed(t, 1000)
  gate.open()
  t.match(await heard(bob), { message: 'before' })
  await bob.isSilent(t)
})

requirement('MSE-CLOSE-3', 'runs nothing on a session that is closed and sends it nothing', async (t, open) => {
  const world = await open()
  const ran: string[] = []
  world.mse.use(({ contract }, next) => {
    ran.push(contract.name)
    return next()
  })
  const gate = addGate(world)
  const client = await world.join('ada')
  const [session] = world.mse.sessions.values()
  client.request('gate')
  await gate.entered
  session?.end({ code: 1000, text: '' })
  session?.end({ code: 4000, text: '' })
  client.request('ping')
  session?.sendText('late')
  gate.open()
  await client.isClosed(t, 1000)
  t.strictSame(ran, ['auth', 'gate'])
})
