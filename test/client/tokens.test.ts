/** Tokens that end, are refused or cannot be had, over each transport. */
import t from 'tap'
import type { TokenReason } from '../../lib/client/options.ts'
import { makeToken } from '../helpers/tokens.ts'
import { Echo, TRANSPORTS, connect, connected, isClosed, startServer } from './sdk-world.ts'

/** A token that lives for so many seconds. */
const lasting = (seconds: number): string => makeToken({ exp: Math.floor(Date.now() / 1_000) + seconds })
const BAD = makeToken({}, 'another secret that the server does not have')

for (const transport of TRANSPORTS) {
  const only = { transports: [transport] }

  t.test(`a token is exchanged before its end over ${transport}, and the session goes on`, async (t) => {
    const { url, app } = await startServer(t)
    const asked: TokenReason[] = []
    const refreshed = new Promise<void>((resolve) => { app.mse.on('authenticated', ({ refresh }) => { if (refresh) resolve() }) })
    const { client, states, told } = await connected(t, url, {
      ...only,
      getToken: ({ reason }) => {
        asked.push(reason)
        return lasting(asked.length === 1 ? 2 : 3_600)
      }
    })
    await refreshed
    t.equal(await client.call(Echo, { text: 'still here' }), 'still here')
    t.strictSame([asked, states, told.session], [['connect', 'expiring'], [`open ${transport}`], [{ fresh: false }]])
  })

  t.test(`a refused token is asked for again with the reason over ${transport}`, async (t) => {
    const { url } = await startServer(t)
    const asked: TokenReason[] = []
    const { client, states } = await connected(t, url, {
      ...only,
      getToken: async ({ reason }) => {
        asked.push(reason)
        return reason === 'refused' ? makeToken() : BAD
      }
    })
    t.equal(await client.call('ping'), 'pong')
    t.strictSame([asked, states], [['connect', 'refused'], [`open ${transport}`]])
  })

  t.test(`a token that is refused twice ends the client over ${transport}, and what waits learns why`, async (t) => {
    const { url, app } = await startServer(t)
    const { client, state, states } = connect(t, url, { ...only, getToken: () => BAD })
    const call = client.call('ping').catch((error: unknown) => error)
    const { failure } = await state(isClosed)
    t.match(failure, { name: 'ClientError', reason: 'refused', code: -4001, message: 'Authorization Failed' })
    t.match(await call, { reason: 'closed', cause: failure })
    t.strictSame([states, client.state, app.mse.sessions.size], [['closed'], 'closed', 0])
    await client.close()
  })

  t.test(`a getToken that fails is asked again later over ${transport}`, async (t) => {
    const { url } = await startServer(t)
    const cause = new Error('the token server is down')
    let times = 0
    const { told } = await connected(t, url, {
      ...only,
      getToken: async () => {
        if (++times < 3) throw cause
        return makeToken()
      }
    })
    t.match(told.state, [{ state: 'connecting', failure: { reason: 'token', cause }, retryInMs: Number }, { state: 'connecting' }, { state: 'open' }])
    t.equal(times, 3)
  })

  t.test(`a getToken that fails when the token was refused is asked again later over ${transport}`, async (t) => {
    const { url } = await startServer(t)
    const asked: TokenReason[] = []
    await connected(t, url, {
      ...only,
      getToken: async ({ reason }) => {
        asked.push(reason)
        if (asked.length === 2) throw new Error('no')
        return asked.length === 1 ? BAD : makeToken()
      }
    })
    t.strictSame(asked, ['connect', 'refused', 'connect'])
  })

  t.test(`a session whose token ended is a fresh one with the next token over ${transport}`, async (t) => {
    const { url } = await startServer(t, { tokenGraceMs: 0, expiryWarningMs: 0 })
    let connects = 0
    const { client, times: told, told: { session } } = connect(t, url, {
      ...only,
      getToken: ({ reason }) => {
        if (reason === 'expiring') return new Promise(() => {})
        return ++connects === 1 ? lasting(-4) : makeToken()
      }
    })
    await told('session', 2)
    t.strictSame(session, [{ fresh: false }, { fresh: true }])
    t.equal(await client.call(Echo, { text: 'again' }), 'again')
  })
}

for (const transport of ['websocket', 'events'] as const) {
  t.test(`the server's word that a token ends is heeded over ${transport}`, async (t) => {
    const { url, app } = await startServer(t, { expiryWarningMs: 3_598_000 })
    const refreshed = new Promise<void>((resolve) => { app.mse.on('authenticated', ({ refresh }) => { if (refresh) resolve() }) })
    const asked: TokenReason[] = []
    await connected(t, url, {
      transports: [transport],
      getToken: ({ reason }) => {
        asked.push(reason)
        return lasting(asked.length === 1 ? 3_600 : 86_400)
      }
    })
    await refreshed
    t.strictSame(asked, ['connect', 'expiring'])
  })
}
