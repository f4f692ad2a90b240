import { Type } from '@sinclair/typebox'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { defineMethod } from '../../lib/protocol/index.ts'
import { openMemory } from '../faces/memory-world.ts'
import { holds } from './holds.ts'
import { type Real, commands } from './session-commands.ts'
import { LIMITS, SessionModel } from './session-model.ts'

const Note = defineMethod({ name: 'note', params: Type.Object({ n: Type.Integer() }), result: Type.String() })
const Hold = defineMethod({ name: 'hold', params: Type.Object({ n: Type.Integer() }), result: Type.String() })

/** A session that has just begun, and its model. */
function begin (t: Test): { model: SessionModel, real: Real } {
  const world = openMemory(t, { ...LIMITS, callTimeoutMs: 1e9 })
  const ran: string[] = []
  world.server.method(Note, ({ n }, { id }) => {
    ran.push(`${id === null ? 'tell' : 'call'} ${n}`)
    return 'done'
  })
  world.server.method(Hold, ({ n }) => {
    ran.push(`slow ${n}`)
    return new Promise((resolve) => { world.finish.push(resolve) })
  })
  const client = world.join('ada')
  const real = { world, session: client.session, ran, answers: new Map<number, string>(), current: { client, before: client.link.frames.length }, older: [], nextTag: 1 }
  return { model: new SessionModel(1), real }
}

t.test('whatever happens to a session, every message runs once and in order, and every answer comes once, or its loss is told', (t) => holds(t, fc.asyncProperty(commands, async (commands) => {
  let real: Real | undefined
  await fc.asyncModelRun(() => {
    const begun = begin(t)
    real = begun.real
    return begun
  }, commands)
  real?.session.end({ code: 1000, text: '' })
  if (real !== undefined && (real.world.server.openLinks > 0 || real.world.server.sessions.size > 0)) throw new Error('something is left')
}), 600))
