import t from 'tap'
import { Chat } from '../../lib/protocol/index.ts'
import { bench } from '../core/server-under-test.ts'

const HELLO = { to: [], message: 'hello' }
const chats = (frames: readonly string[]): string[] => frames.filter((frame) => frame.includes('"chat"'))

t.test('notifies everybody, some users, or all but one, and counts them', async (t) => {
  const { server, join } = bench()
  const [ada, tablet, bob] = [await join('ada'), await join('ada'), await join('bob')]
  await join('eve', { roomId: 'attic' })
  const room = server.room('lobby')
  t.strictSame([...room.sessions], [ada.session, tablet.session, bob.session], 'in the order of joining')
  t.equal(room.notify(Chat, HELLO), 3)
  t.equal(room.notify(Chat, HELLO, { users: ['ada', 'nobody'] }), 2)
  t.equal(room.notify(Chat, HELLO, { users: [] }), 0, 'nobody named is nobody')
  t.equal(room.notify(Chat, HELLO, { users: ['ada'], except: ada.session }), 1)
  t.equal(room.notify(Chat, HELLO, { except: bob.session }), 2)
  t.strictSame([ada, tablet, bob].map(({ link }) => chats(link.frames).length), [3, 4, 1])
})

t.test('serialises a notification once for the whole room', async (t) => {
  const { server, join } = bench()
  for (const userId of ['ada', 'bob', 'eve']) await join(userId)
  let serialised = 0
  const attachment = { toJSON () { serialised++; return 'x' } }
  t.equal(server.room('lobby').notify(Chat, { ...HELLO, attachment }), 3)
  t.equal(serialised, 1)
})

t.test('goes on when a member that reads too slowly ends while it is notified', async (t) => {
  const { server, join } = bench()
  const [ada, slow, bob] = [await join('ada'), await join('slow'), await join('bob')]
  slow.link.bufferedBytes = 1_048_577
  server.room('lobby').notify(Chat, HELLO)
  t.equal(slow.link.closed?.code, 4000)
  t.equal(server.room('lobby').size, 2)
  for (const { link } of [ada, bob]) t.equal(chats(link.frames).length, 1)
})

t.test('forgets a room with its last member, and gives an empty one for an id that nobody has', async (t) => {
  const { server, join } = bench()
  const { session } = await join('ada')
  t.equal(server.room('lobby').size, 1)
  t.equal(server.room('lobby'), server.room('lobby'))
  session.end({ code: 1000, text: '' })
  t.equal(server.room('lobby').size, 0)
  t.equal(server.room('lobby').notify(Chat, HELLO), 0)
  t.not(server.room('lobby'), server.room('lobby'), 'it is kept by nobody')
  t.equal(server.room('__proto__').size, 0)
})
