import { readFileSync, readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { weriftEngine } from '../../../lib/media/werift/index.ts'
import { systemClock } from '../../../lib/util/clock.ts'
import { silentLogger } from '../../../lib/util/logger.ts'
import { NodeClient, until } from './node-client.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

// Below the ports that the system gives away by itself: one of the clients' own sockets would now and then have the port that the engine wants.
const linux = process.platform === 'linux'
const descriptors = (): number => readdirSync('/proc/self/fd').length
const mediaPorts = (): number => readFileSync('/proc/net/udp', 'utf8').split('\n').filter((line) => {
  const port = Number.parseInt(line.split(':')[2] ?? '', 16)
  return port >= 21_000 && port <= 21_099
}).length

t.test('a hundred joins and leaves give back heap, file descriptors and UDP ports', { skip: !linux && 'counts in /proc' }, async (t) => {
  const engine = weriftEngine({ interfaceAddresses: ['127.0.0.1'], portRange: [21_000, 21_099], viewerAfterMs: 0 })
  await engine.open?.({ clock: systemClock, log: silentLogger })
  const resident = new NodeClient('resident')
  await resident.join(engine, 'r')
  await resident.publish()
  await until('the resident is connected', () => resident.publishing)

  const visit = async (userId: string): Promise<void> => {
    const guest = await new NodeClient(userId).join(engine, 'r')
    await guest.publish()
    await until('media comes', () => {
      resident.send('video')
      return guest.publishing && guest.received.length > 0
    })
    await guest.close()
  }
  const round = async (): Promise<void> => { await Promise.all([0, 1, 2, 3, 4].map((n) => visit(`guest-${n}`))) }

  // The first visits compile and fill caches: that is no leak.
  for (let i = 0; i < 4; i++) await round()
  const heapUsed = async (): Promise<number> => {
    await until('werift\'s last timers have run', () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length <= 12)
    for (const kept of [resident.descriptions, resident.received, resident.rtcp]) kept.length = 0
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = { heap: await heapUsed(), descriptors: descriptors(), ports: mediaPorts() }
  for (let i = 0; i < 20; i++) await round()
  const after = { heap: await heapUsed(), descriptors: descriptors(), ports: mediaPorts() }
  t.comment(JSON.stringify({ before, after }))
  t.ok(after.descriptors <= before.descriptors, `${before.descriptors} file descriptors before, ${after.descriptors} after`)
  t.equal(after.ports, before.ports)
  t.equal(before.ports, 2, 'the resident has two')
  // A participant that stayed would weigh some 200 KiB, a hundred of them 20 MiB.
  t.ok(after.heap - before.heap < 6 * 1_048_576, `the heap grew by ${Math.round((after.heap - before.heap) / 1_024)} KiB`)
  t.match(await engine.stats?.(), { peers: 1, rooms: 1 })

  await resident.close()
  await engine.close()
  t.equal(mediaPorts(), 0)
  t.match(await engine.stats?.(), { peers: 0, rooms: 0, forwards: 0 })
})
