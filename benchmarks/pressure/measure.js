import { setTimeout as sleep } from 'node:timers/promises'
import { GOOD_SESSIONS, GOOD_SOCKETS, memoryOf, withServed } from './pressed.js'
import { Recorder } from './recorder.js'

/** Sessions that can resume stay for a minute, and what slow readers hold is let go of in their turn. */
const CALM_TIMEOUT_MS = 120_000
/** Opened and closed before anything is counted: what is made once is there then, Node's list of a thousand HTTP parsers for example. */
const WARM_UP = { count: 1_200, perSecond: 600, comesAgain: false }

/** The stretches of a flood. */
export const [BEFORE, COMING, THERE, GOING, AFTER] = ['before', 'they come', 'they are there', 'they are gone', 'after']

/**
 * One flood on a server of its own.
 * @param seconds that are looked at before, during and after it
 * @returns `stretches` with the latencies of the good clients by name, `memory` before and after, `peak` memory of the process, `attack` with what became of it, and the
 *   recorder's samples and marks
 */
export function measureFlood ({ attacks, holdSeconds }, { seconds }) {
  return withServed(['good', 'attacker'], async (server, good, attacker) => {
    await warmUp(server, attacker)
    const stretches = {}
    const memory = { before: await memoryOf(server, good) }
    const recorder = new Recorder(server, good)
    const stretch = async (name, task) => {
      recorder.mark(name)
      await task()
      stretches[name] = await good.ask('endStretch')
    }
    await stretch(BEFORE, () => sleep(seconds * 1_000))
    await stretch(COMING, async () => {
      for (const attack of attacks) await attacker.ask('begin', attack)
      await attacker.ask('allCame')
    })
    await stretch(THERE, () => sleep((holdSeconds ?? seconds) * 1_000))
    const attack = total(await attacker.ask('end'))
    await stretch(GOING, () => calm(server))
    memory.after = await memoryOf(server, good)
    await stretch(AFTER, () => sleep(seconds * 1_000))
    const { samples, marks } = recorder.end()
    return { stretches, memory, peak: Math.max(...samples.map(({ rss }) => rss)), attack, samples, marks }
  })
}

function total (counts) {
  const sum = (name) => counts.reduce((so, one) => so + one[name], 0)
  return { opened: sum('opened'), refused: sum('refused'), thrownOut: sum('thrownOut'), there: sum('there') }
}

async function warmUp (server, attacker) {
  for (const kind of ['plainSocket', 'slowBody']) {
    await attacker.ask('begin', { kind, ...WARM_UP })
    await attacker.ask('allCame')
    await attacker.ask('end')
  }
  await calm(server)
}

/** Waits until nobody is left but the good. */
async function calm (server) {
  const endAt = performance.now() + CALM_TIMEOUT_MS
  for (;;) {
    const { sockets, sessions } = await server.ask('vitals')
    if (sockets <= GOOD_SOCKETS && sessions <= GOOD_SESSIONS) return
    if (performance.now() > endAt) throw new Error(`${sockets} sockets and ${sessions} sessions are still there`)
    await sleep(200)
  }
}
