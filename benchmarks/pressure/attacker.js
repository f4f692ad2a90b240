// Who does not mean well, in a process of its own that gives way to all others: it is the server that is to suffer, and the attacker is elsewhere in earnest.
import { answerCommands, settings } from '../state/commands.js'
import { ATTACKS } from './attacks.js'
import { Crowd } from './crowd.js'

let port = 0
const crowds = []

answerCommands({
  target: (args) => { port = args.port },

  /** Begins to open connections. */
  begin ({ kind, count, perSecond, comesAgain, staysMs, ...how }) {
    crowds.push(new Crowd({ count, perSecond, comesAgain, staysMs, open: (number) => ATTACKS[kind]({ number, port, secret: settings.secret, ...how }) }))
  },

  allCame: async () => { await Promise.all(crowds.map((crowd) => crowd.allCame())) },
  counts: () => crowds.map((crowd) => crowd.counts()),
  /** Everybody goes away without a word. */
  end: () => crowds.splice(0).map((crowd) => crowd.end())
})
