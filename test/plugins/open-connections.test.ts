import { EventEmitter } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { OpenConnections } from '../../plugins/open-connections.ts'

const LIMITS = { maxConnections: 1, maxConnectionsPerAddress: 1, countLocalNetworks: true }
const request = { ip: '203.0.113.1', headers: {} } as unknown as FastifyRequest

t.test('an answer that is finished and then closed leaves once, so that no more are let in than allowed', async (t) => {
  const connections = new OpenConnections(LIMITS)
  const response = new EventEmitter()
  t.equal(connections.admit(request, { raw: response } as unknown as FastifyReply), true)
  t.equal(connections.size, 1)
  response.emit('finish')
  response.emit('close')
  t.equal(connections.size, 0)
})
