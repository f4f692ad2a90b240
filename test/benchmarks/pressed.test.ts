import t from 'tap'
import { GOOD_SESSIONS, GOOD_SOCKETS, withServed } from '../../benchmarks/pressure/pressed.js'

interface Stretch { readonly count: number, readonly lost: number }
interface Vitals { readonly sockets: number, readonly sessions: number }

t.test('what a flood presses is there: `mse serve` with its good clients, and strangers who come', async (t) => {
  await withServed(['good', 'attacker'], async (server, good, attacker) => {
    await attacker.ask('begin', { kind: 'idleSocket', count: 3, perSecond: 500, comesAgain: false })
    await attacker.ask('allCame')
    const { sockets, sessions } = await server.ask<Vitals>('vitals')
    t.equal(sessions, GOOD_SESSIONS + 3)
    t.equal(sockets, GOOD_SOCKETS + 3)
    let answers = 0
    while (answers === 0) {
      const { count, lost } = await good.ask<Stretch>('endStretch')
      answers += count
      t.equal(lost, 0)
    }
  })
})
