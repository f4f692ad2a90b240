// Who does not mean well, in a process of its own that gives way to the good clients on the same core: it is the server that is to suffer.
import { constants, setPriority } from 'node:os'
import { answerCommands, settings } from '../state/commands.js'
import { ATTACKS } from './attacks.js'
import { Crowd } from './crowd.js'

setPriority(constants.priority.PRIORITY_LOW)

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
