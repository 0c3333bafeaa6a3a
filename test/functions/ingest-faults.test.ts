import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
import { tenantCollection } from '../../lib/clients/mongo.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { lockVenue } from '../../lib/ledger/state.ts'
import { catchUp } from '../../lib/operations/catch-up.ts'
import { deliveryOf, ownQueue } from '../oracle/own-queue.ts'
import { closedPort, silentServer } from '../oracle/proxies.ts'
import { outboxOf, quarantineOf } from '../oracle/rows.ts'
import { deliverWith, startWorker } from '../oracle/workers.ts'
import { paid, unique } from '../support/events.ts'
import { closeStores, context, deliver, total } from '../support/service.ts'

let closed: number
let silent: Awaited<ReturnType<typeof silentServer>>
let queue: Awaited<ReturnType<typeof ownQueue>>

beforeAll(async () => {
  closed = await closedPort()
  silent = await silentServer()
  queue = await ownQueue()
})

afterAll(async () => {
  silent.close()
  await closeStores()
  await queue.delete()
})

const mongoAt = (port: number) => ({
  MONGODB_URI: `mongodb://127.0.0.1:${port}/turnout?directConnection=true`,
})
const redisAt = (port: number) => ({ UPSTASH_REDIS_REST_URL: `http://127.0.0.1:${port}` })
const postgresAt = (port: number) => ({
  DATABASE_URL: `postgres://app:x@127.0.0.1:${port}/turnout`,
})
const now = () => ({ occurred_at: new Date().toISOString() })
const archived = async (venue: string) => (await tenantCollection(venue, 'raw_events')).count({})

test('without Mongo events count, and their copies arrive once it is back', async () => {
  const venue = unique('v')
  const orders = Array.from({ length: 30 }, () => paid(venue))
  const { failed } = await deliverWith(mongoAt(closed), orders, orders[0])
  expect(failed).toEqual([])
  expect(await total(venue, 'orders')).toBe(30)
  expect(await outboxOf(venue)).toBe(30)
  expect(await archived(venue)).toBe(0)
  await catchUp()
  expect(await outboxOf(venue)).toBe(0)
  expect(await archived(venue)).toBe(30)
  await catchUp()
  expect(await archived(venue)).toBe(30)
})

test('a conflicting payload is archived beside the first, also through the outbox', async () => {
  const venue = unique('v')
  const order = paid(venue)
  const other = paid(venue, { event_id: order.event_id })
  await deliverWith(mongoAt(closed), order, other)
  await catchUp()
  expect(await archived(venue)).toBe(2)
  expect(await quarantineOf(venue)).toHaveLength(1)
})

test('a Mongo that never answers does not hold a batch up', async () => {
  const venues = Array.from({ length: 6 }, () => unique('v'))
  const orders = venues.map((venue) => paid(venue))
  const worker = startWorker({ ...mongoAt(silent.port) })
  const { Records } = deliveryOf(orders.map((order) => ({ Body: JSON.stringify(order) })))
  expect(await worker.deliver({ Records })).toEqual([])
  await worker.stop()
  for (const venue of venues) expect(await total(venue, 'orders')).toBe(1)
  // 250 ms for the first venue, nothing for those after it
  expect(durationOf(worker.log())).toBeLessThan(3000)
})

test.each([
  ['away', () => closed],
  ['silent', () => silent.port],
])('with Redis %s events of today count', async (_, port) => {
  const venue = unique('v')
  const { failed, log } = await deliverWith(redisAt(port()), paid(venue, now()))
  expect(failed).toEqual([])
  expect(await total(venue, 'orders')).toBe(1)
  expect(log).toContain('live numbers wait for the next batch')
})

test('without Postgres every message comes back, and nothing is thrown', async () => {
  const venue = unique('v')
  const orders = [paid(venue), paid(venue), paid(unique('v'))]
  const told = { ...postgresAt(closed), EVENTS_QUEUE_URL: queue.url }
  const { failed, ids } = await deliverWith(told, ...orders, 'not json')
  expect(failed).toEqual(ids)
  expect(await deliver(...orders)).toEqual([])
  expect(await total(venue, 'orders')).toBe(2)
})

test('a Postgres that never answers gives everything back within its deadline', async () => {
  const told = {
    ...postgresAt(silent.port),
    EVENTS_QUEUE_URL: queue.url,
    DATABASE_DEADLINE_MS: '500',
  }
  const { failed, ids, log } = await deliverWith(told, paid(unique('v')), paid(unique('v')))
  expect(failed).toEqual(ids)
  expect(durationOf(log)).toBeLessThan(6000)
})

test('of an array only the events that failed are sent again, each by itself', async () => {
  const [stuck, free] = [unique('v'), unique('v')]
  const [first, second] = [paid(stuck), paid(stuck)]
  const flat = {
    ...{ venue_id: stuck, event_type: 'ticket_purchase', timestamp: '2026-06-01T12:00:00Z' },
    metadata: { price: '12.50' },
  }
  await withTenant(stuck, async (tx) => {
    await lockVenue(tx, stuck)
    const told = { EVENTS_QUEUE_URL: queue.url, DATABASE_DEADLINE_MS: '700' }
    const { failed } = await deliverWith(told, [first, paid(free), second, flat])
    expect(failed).toEqual([]) // the array is acknowledged: what failed is in the queue
  })
  expect(await total(free, 'orders')).toBe(1)
  expect(await total(stuck, 'orders')).toBe(0)

  const messages = await queue.receive(3)
  expect(messages).toHaveLength(3)
  const bodies = messages.map((message) => JSON.parse(message.Body ?? ''))
  expect(bodies.map((body) => body.venue_id)).toEqual([stuck, stuck, stuck])
  const again = deliveryOf(messages)
  expect(await ingestEvents(again, context)).toEqual({ batchItemFailures: [] })
  expect(await ingestEvents(again, context)).toEqual({ batchItemFailures: [] })
  expect(await total(stuck, 'orders')).toBe(3)
  expect(await total(stuck, 'gross_revenue')).toBe(2 * 9100 + 1250)
})

test('people in events that are sent again are counted as the same people', async () => {
  const venue = unique('v')
  const order = () => paid(venue, { actor: { customer_id: 'c-1' } })
  await withTenant(venue, async (tx) => {
    await lockVenue(tx, venue)
    const told = { EVENTS_QUEUE_URL: queue.url, DATABASE_DEADLINE_MS: '700' }
    expect((await deliverWith(told, [order(), order()])).failed).toEqual([])
  })
  const messages = await queue.receive(2)
  expect(messages.map((message) => message.Body).join()).not.toContain('"c-1"')
  await ingestEvents(deliveryOf(messages), context)
  await deliver(order())
  expect(await total(venue, 'orders')).toBe(3)
  expect(await total(venue, 'unique_buyers')).toBe(1)
})

test('when the queue takes nothing either, the whole array comes back', async () => {
  const venue = unique('v')
  const gone = `http://127.0.0.1:${closed}/000000000000/gone`
  const told = { ...postgresAt(closed), EVENTS_QUEUE_URL: gone }
  const { failed, ids } = await deliverWith(told, [paid(venue), paid(venue)])
  expect(failed).toEqual(ids)
})

test('a message that failed is visible again after a second, not after the queue’s own time', async () => {
  await queue.send(paid(unique('v')))
  const [message] = await queue.receive(1)
  if (!message) throw new Error('the queue has the message')
  const worker = startWorker({ ...postgresAt(closed), EVENTS_QUEUE_URL: queue.url })
  expect(await worker.deliver(deliveryOf([message]))).toEqual([message.MessageId])
  await worker.stop()
  const [again] = await queue.receive(1)
  expect(again?.MessageId).toBe(message.MessageId)
})

function durationOf(log: string): number {
  const line = log.split('\n').find((text) => text.includes('"message":"batch"'))
  if (!line) throw new Error(`no line of the batch in ${log}`)
  return JSON.parse(line).durationMs
}
