import t from 'tap'
import { TransportChoice, forgetTransports } from '../../lib/client/transport-choice.ts'

const ALL = ['websocket', 'events', 'poll'] as const
const HERE = 'https://example.org/mse'

t.beforeEach(() => forgetTransports())
t.teardown(() => forgetTransports())

/** What is tried when everything fails, and whether each was followed by the next at once. */
function failing (choice: TransportChoice, times: number): string[] {
  return Array.from({ length: times }, () => `${choice.next}${choice.lost() ? ' >' : ''}`)
}

t.test('as long as none has got through all are tried in one go, then there is a pause', async (t) => {
  t.strictSame(failing(new TransportChoice(HERE, ALL), 6), ['websocket >', 'events >', 'poll', 'websocket >', 'events >', 'poll'])
})

t.test('the order is the application\'s', async (t) => {
  t.strictSame(failing(new TransportChoice(HERE, ['poll', 'websocket']), 2), ['poll >', 'websocket'])
})

t.test('a single transport is tried with a pause each time', async (t) => {
  const choice = new TransportChoice(HERE, ['websocket'])
  t.strictSame(failing(choice, 2), ['websocket', 'websocket'])
  choice.won('websocket')
  t.strictSame(failing(choice, 4), ['websocket', 'websocket', 'websocket', 'websocket'])
})

t.test('what has worked is tried twice before the others have turns, one at a time', async (t) => {
  const choice = new TransportChoice(HERE, ALL)
  choice.won('websocket')
  t.strictSame(failing(choice, 8), ['websocket', 'websocket', 'events', 'websocket', 'poll', 'websocket', 'events', 'websocket'])
})

t.test('a new success counts from then on', async (t) => {
  const choice = new TransportChoice(HERE, ALL)
  choice.won('websocket')
  failing(choice, 3)
  choice.won('events')
  t.strictSame(failing(choice, 5), ['events', 'events', 'websocket', 'events', 'poll'])
})

t.test('the next client of the same address begins with what has worked', async (t) => {
  new TransportChoice(HERE, ALL).won('poll')
  t.strictSame(failing(new TransportChoice(HERE, ALL), 3), ['poll >', 'websocket >', 'events'], 'and tries the others at once: it has not got through itself')
  t.equal(new TransportChoice('https://example.org/other', ALL).next, 'websocket', 'another address is another matter')
  t.equal(new TransportChoice(HERE, ['websocket', 'events']).next, 'websocket', 'what the application does not want is not tried')
})
