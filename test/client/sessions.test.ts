/** What becomes of a session whose links break, over each transport. */
import t from 'tap'
import { Gateway } from './gateway.ts'
import { Echo, Hold, Note, TRANSPORTS, connected, endAll, isOpen, say, startServer } from './sdk-world.ts'

for (const transport of TRANSPORTS) {
  const only = { transports: [transport] }

  t.test(`a session goes on over ${transport} when its links are cut, and everything in flight comes once`, async (t) => {
    const server = await startServer(t)
    const { app, ran, release, hasRun } = server
    const gateway = await Gateway.start(t, server.url)
    const { client, told, states, state } = await connected(t, gateway.url, only)
    const heard: string[] = []
    client.on('chat', ({ message }) => heard.push(message))
    const calls = [1, 2, 3].map((n) => client.call(Hold, { n }))
    await hasRun(3)
    gateway.cutAll()
    say(app, 'while it was away')
    client.notify(Note, { n: 4 })
    calls.push(client.call(Hold, { n: 5 }))
    release.open()
    t.strictSame(await Promise.all(calls), [1, 2, 3, 5])
    await state((event, index) => isOpen(event) && index > 1)
    t.equal(await client.call(Echo, { text: 'after it' }), 'after it')
    t.strictSame(ran, ['hold 1', 'hold 2', 'hold 3', 4, 'hold 5', 'after it'])
    t.strictSame(heard, ['while it was away'])
    t.strictSame(states.filter((each) => each !== 'reconnecting'), [`open ${transport}`, `open ${transport}`])
    t.strictSame([told.session, told.reset, app.mse.sessions.size], [[{ fresh: false }], [], 1])
  })

  t.test(`a break is told with its cause and the pause that follows, over ${transport}`, async (t) => {
    const { url } = await startServer(t)
    const gateway = await Gateway.start(t, url)
    const { state } = await connected(t, gateway.url, only)
    gateway.cutAll()
    const { failure, retryInMs, transport: none } = await state(({ state }) => state === 'reconnecting')
    t.match(failure, { name: 'ClientError', reason: 'link' })
    t.ok(retryInMs !== undefined && retryInMs >= 20 && retryInMs < 60)
    t.equal(none, null)
  })

  t.test(`a session that the server has forgotten is a reset: ${transport}`, async (t) => {
    const server = await startServer(t)
    const { app, ran, hasRun, release } = server
    const gateway = await Gateway.start(t, server.url)
    const { client, told, times } = await connected(t, gateway.url, only)
    const lost = client.call(Hold, { n: 1 })
    await hasRun(1)
    gateway.cutAll()
    endAll(app, 'drain')
    await t.rejects(lost, { name: 'ClientError', reason: 'lost', message: 'the session could not be kept: expired' })
    await times('session', 2)
    t.match(told.reset, [{ reason: 'expired' }])
    t.strictSame(told.session, [{ fresh: false }, { fresh: true }])
    release.open()
    t.equal(await client.call(Echo, { text: 'a fresh start' }), 'a fresh start')
    t.equal(told.state.filter(({ retryInMs }) => retryInMs !== undefined).length, 1, 'it begins on the link that brought the news')
    t.strictSame([ran, app.mse.sessions.size], [['hold 1', 'a fresh start'], 1])
  })

  t.test(`of what was on its way nobody knows, and what was never sent goes on in the fresh session, over ${transport}`, async (t) => {
    const server = await startServer(t)
    const { app, ran } = server
    const gateway = await Gateway.start(t, server.url)
    const { client, told, state } = await connected(t, gateway.url, only)
    await client.call(Echo, { text: 'before' })
    gateway.isMute = true
    client.notify(Note, { n: 1 })
    const lost = client.call(Echo, { text: 'lost' })
    gateway.isAway = true
    gateway.cutAll()
    endAll(app, 'drain')
    await state(({ state }) => state === 'reconnecting')
    const meanwhile = client.call(Echo, { text: 'meanwhile' })
    client.notify(Note, { n: 2 })
    gateway.isMute = gateway.isAway = false
    await t.rejects(lost, { name: 'ClientError', reason: 'lost', message: 'the session could not be kept: expired' })
    t.equal(await meanwhile, 'meanwhile')
    t.equal(await client.call(Echo, { text: 'after' }), 'after')
    t.strictSame(ran, ['before', 'meanwhile', 2, 'after'])
    t.strictSame(told.reset, [{ reason: 'expired', uncertain: [{ method: 'note', params: { n: 1 } }] }])
  })

  t.test(`after a server without its sessions has come back a fresh one begins over ${transport}`, async (t) => {
    const first = await startServer(t)
    const gateway = await Gateway.start(t, first.url)
    const { told, times, client } = await connected(t, gateway.url, only)
    const second = await startServer(t)
    gateway.leadTo(second.url)
    gateway.cutAll()
    await times('session', 2)
    t.match(told.reset, [{ reason: 'unknown', uncertain: [] }])
    t.equal(await client.call(Echo, { text: 'here' }), 'here')
    t.strictSame(second.ran, ['here'])
  })

  t.test(`messages that the server could not keep are a reset over ${transport}`, async (t) => {
    const server = await startServer(t, { outboxMessages: 2 })
    const { app } = server
    const gateway = await Gateway.start(t, server.url)
    const { told, times, client } = await connected(t, gateway.url, only)
    const heard: string[] = []
    client.on('chat', ({ message }) => heard.push(message))
    gateway.isAway = true
    gateway.cutAll()
    const [session] = app.mse.sessions.values()
    while (session?.transport !== 'none') await new Promise((resolve) => { setImmediate(resolve) })
    for (let n = 0; n < 5; n++) say(app, `${n}`)
    gateway.isAway = false
    await times('session', 2)
    t.match(told.reset, [{ reason: 'gap' }])
    t.strictSame(heard, [])
    t.equal(await client.call('ping'), 'pong')
    await client.close()
    t.equal(app.mse.sessions.size, transport === 'websocket' ? 1 : 0, 'the old session is left, where there are words for it')
  })
}
