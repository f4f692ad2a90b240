/** Greets who comes and rolls dice for who asks: `node bot.js <url> <token>`, as the server prints them. Restart the server meanwhile. */
import { createClient } from 'fastify-mse/client'
import { Joined, Roll } from './contracts.ts'

const [url = '', token = ''] = process.argv.slice(2)
// A bot that runs for longer than its token fetches a new one here each time.
const client = createClient({ url, getToken: () => token })

client.on('state', ({ state, transport, failure, retryInMs }) => {
  console.log([state, transport, failure?.message, retryInMs && `again in ${Math.round(retryInMs)} ms`].filter(Boolean).join(', '))
})
client.on(Joined, ({ userId }) => client.notify('chat', { to: [userId], message: `hello ${userId}, say "roll"` }))
client.on('chat', ({ from, message }) => {
  if (from !== undefined && message === 'roll') roll(from).catch(console.error)
})

async function roll (userId: string): Promise<void> {
  const pips = await client.call(Roll, { sides: 6 })
  client.notify('chat', { to: [userId], message: `you have rolled ${pips}` })
}

process.once('SIGINT', () => { client.close().catch(console.error) })
