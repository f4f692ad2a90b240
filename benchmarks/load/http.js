// Requests over HTTP by autocannon, one in flight on each connection.
import autocannon from 'autocannon'
import { jobOf, loadReady } from '../measured.js'
import { openSession, post } from './sessions.js'

/** Long after the run has been ended. */
const DURATION_SECONDS = 600

/** With `opening` each connection has a session of its own. */
const { port, path, connections, headers, body, word, opening } = jobOf()
const url = `http://127.0.0.1:${port}${path}`
let answers = 0

const sessions = []
for (let index = 0; index < connections; index++) sessions.push(opening === undefined ? {} : await openSession(url, opening))

const sample = await (await post(url, { ...headers, ...sessions[0] }, body)).text()
if (!sample.includes(word)) throw new Error(`${body} was answered ${sample}`)

const instance = autocannon({
  url,
  method: 'POST',
  connections,
  duration: DURATION_SECONDS,
  headers: { 'content-type': 'application/json', ...headers },
  body,
  setupClient: (client) => client.setHeaders({ 'content-type': 'application/json', ...headers, ...sessions.pop() })
})
instance.on('response', (_client, status) => {
  if (status !== 200) throw new Error(`answered ${status}`)
  answers++
})
instance.on('reqError', (error) => { throw error })
loadReady(() => answers)
