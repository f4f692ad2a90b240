import t from 'tap'
import { Tickets } from '../../lib/core/tickets.ts'
import { FakeClock } from '../../lib/testing/fake-clock.ts'
import { randomIds } from '../../lib/util/ids.ts'

t.test('a ticket is good once, and for 30 s', async (t) => {
  const clock = new FakeClock()
  const tickets = new Tickets(clock, randomIds, 30_000)
  const { ticket, expiresInMs } = tickets.issue('a session')
  t.equal(expiresInMs, 30_000)
  t.equal(tickets.redeem(ticket), 'a session')
  t.equal(tickets.redeem(ticket), undefined, 'used')
  const late = tickets.issue('a session').ticket
  clock.advance(30_000)
  t.equal(tickets.redeem(late), undefined, 'too old')
  t.equal(tickets.redeem('made up'), undefined)
})

t.test('nobody looks for old tickets when there are none, and all that nobody redeems are forgotten in their time', async (t) => {
  const clock = new FakeClock()
  const tickets = new Tickets(clock, randomIds, 30_000)
  tickets.redeem(tickets.issue('a session').ticket)
  t.strictSame([tickets.size, clock.pending], [0, 0])
  tickets.issue('a session')
  clock.advance(20_000)
  tickets.issue('another')
  clock.advance(10_000)
  t.strictSame([tickets.size, clock.pending], [1, 1])
  clock.advance(30_000)
  t.strictSame([tickets.size, clock.pending], [0, 0])
})
