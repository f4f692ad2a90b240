/** A device without WebSockets: `node device.js <url> <token>`, as the server prints them. Ends when it has heard an alarm. */
import { createClient } from 'fastify-mse/client'
import { Alarm, Measured } from './contracts.ts'

const [url = '', token = ''] = process.argv.slice(2)

// Calls go by POST. What the server says comes as a stream of events, or by polls where something holds the stream back. Left out, `transports` would try a
// WebSocket first and find its way, too; who knows that there is none saves the attempt.
const client = createClient({ url, getToken: () => token, transports: ['events', 'poll'] })

client.on('state', ({ state, transport }) => console.log('state', state, transport ?? ''))
const alarm = new Promise<string>((resolve) => { client.on(Alarm, ({ text }) => resolve(text)) })

for (const celsius of [21.5, 24, 31]) {
  const { count } = await client.call(Measured, { celsius })
  console.log('measured', celsius, 'count', count)
}
console.log('alarm', await alarm)
await client.close()
