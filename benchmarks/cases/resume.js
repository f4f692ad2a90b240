// Sessions that come back on a new WebSocket.
import { PING, authText } from '../messages.js'
import { measuredCase } from './measured-case.js'

const WORKERS = 50

const CASES = [
  { key: 'ws', role: 'limit', name: 'ws + JSON, a new socket and one answer', server: 'ws-json', job: () => ({ path: '/', message: PING, word: 'pong' }) },
  {
    key: 'ours',
    role: 'ours',
    name: 'a new socket and $/resume',
    server: 'mse',
    job: ({ secret }) => ({ path: '/mse', protocol: 'mse.v1.resume', first: [authText(secret)], word: '"resumed":true' })
  }
]

export const resumeCases = CASES.map(({ key, job, ...rest }) => measuredCase({
  ...rest,
  id: `resume.${key}`,
  group: 'sessions that resume on a new WebSocket',
  unit: 'sessions/s',
  load: 'resume',
  job: (context) => ({ workers: WORKERS, ...job(context) })
}))
