import { catchUpArchive } from '../../lib/archive/catch-up.ts'
import { closeMongo, tenantCollection } from '../../lib/clients/mongo.ts'
import { closedPort } from '../oracle/proxies.ts'
import { outboxOf } from '../oracle/rows.ts'
import { deliverWith } from '../oracle/workers.ts'
import { paid, unique } from '../support/events.ts'
import { closeStores } from '../support/service.ts'
import { type ChaosProxy, chaosProxy } from './chaos-proxy.ts'

const { MONGODB_URI = '' } = process.env
let proxy: ChaosProxy

beforeAll(async () => {
  const { hostname, port } = new URL(MONGODB_URI)
  proxy = await chaosProxy({ host: hostname, port: Number(port) })
  process.env.MONGODB_URI = proxy.through(MONGODB_URI)
})
afterEach(async () => {
  await proxy.become({ kind: 'pass' })
  await closeMongo()
})
afterAll(async () => {
  await closeStores()
  await proxy.close()
})

const archived = async (venue: string) => (await tenantCollection(venue, 'raw_events')).count({})

test.each([
  ['broken in the middle of its write', { kind: 'resets', afterBytes: 0 }],
  ['away before its write', { kind: 'away' }],
] as const)('copies stay in the outbox when Mongo is %s, and arrive later', async (_, weather) => {
  const venue = unique('v')
  const away = { MONGODB_URI: `mongodb://127.0.0.1:${await closedPort()}/turnout` }
  await deliverWith(away, ...Array.from({ length: 10 }, () => paid(venue)))
  expect(await outboxOf(venue)).toBe(10)

  expect(await archived(venue)).toBe(0) // connected
  await proxy.become(weather)
  await expect(catchUpArchive(venue)).rejects.toThrow()
  expect(await outboxOf(venue)).toBe(10)

  await proxy.become({ kind: 'pass' })
  await catchUpArchive(venue)
  expect(await outboxOf(venue)).toBe(0)
  expect(await archived(venue)).toBe(10)
})
