import Fastify from 'fastify'
import t from 'tap'
import { isLoopbackAddress } from '../../bin/loopback-address.ts'

const ADDRESSES = ['127.0.0.1', '127.200.3.4', '::1', '::ffff:127.0.0.1', '128.0.0.1', '10.0.0.1', '127.0.0.1.evil.example', '127.', '::2', '::ffff:10.0.0.1', 'localhost', 'unknown']

t.test('addresses of the machine, as Fastify knows them', async (t) => {
  for (const address of ADDRESSES) t.equal(isLoopbackAddress(address), await isBelieved(address), address)
})

/** Does Fastify believe the address when it says for whom it asks? */
async function isBelieved (remoteAddress: string): Promise<boolean> {
  const app = Fastify({ trustProxy: 'loopback' })
  app.get('/', (request) => request.ip)
  const { body } = await app.inject({ url: '/', remoteAddress, headers: { 'x-forwarded-for': '198.51.100.7' } })
  await app.close()
  return body === '198.51.100.7'
}
