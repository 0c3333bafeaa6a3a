import type { SQSBatchResponse } from 'aws-lambda'
import { handler } from '../../functions/http/quarantine.ts'
import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
import { deliveryOf, ownQueue } from '../oracle/own-queue.ts'
import { delivery, event, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { closeStores, context, deliver, total } from '../support/service.ts'

let queue: Awaited<ReturnType<typeof ownQueue>>

beforeAll(async () => {
  queue = await ownQueue()
  process.env.EVENTS_QUEUE_URL = queue.url
})
afterAll(async () => {
  await queue.delete()
  await closeStores()
})

type Worker = typeof ingestEvents

/** The worker as it was before refunds were known to its schema; `close` ends its connections. */
async function olderWorker(): Promise<{ worker: Worker; close(): Promise<unknown> }> {
  jest.doMock('../../lib/events/order-types.ts', () => {
    const now = jest.requireActual('../../lib/events/order-types.ts')
    const { 'refund.completed': _, ...orderTypes } = now.orderTypes
    return { ...now, orderTypes }
  })
  let older: { worker: Worker; close(): Promise<unknown> } | undefined
  await jest.isolateModulesAsync(async () => {
    const { handler: worker } = await import('../../functions/queue/ingest-events.ts')
    const { closePostgres } = await import('../../lib/clients/postgres.ts')
    const { closeMongo } = await import('../../lib/clients/mongo.ts')
    older = { worker, close: () => Promise.all([closePostgres(), closeMongo()]) }
  })
  jest.dontMock('../../lib/events/order-types.ts')
  if (!older) throw new Error('the older worker was not loaded')
  return older
}

const base = 'POST /v1/venues/{venueId}/ingest/quarantine/replay'
const replay = (venueId: string) =>
  request(handler, base, {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId },
    body: { code: 'unknown_type', type: 'refund.completed' },
  })

const refundOf = (venueId: string, amount_minor: number) =>
  event(venueId, 'refund.completed', {
    data: { refund_id: unique('r'), order_id: unique('o'), currency: 'USD', amount_minor },
  })

test('1,000 events that the schema refused are replayed twice after it was mended: each counts once', async () => {
  const venue = unique('v')
  const refunds = Array.from({ length: 1000 }, (_, i) => refundOf(venue, i + 1))
  const sum = (1000 * 1001) / 2
  const { worker, close } = await olderWorker()
  for (let at = 0; at < 1000; at += 100) {
    const batch = delivery(refunds.slice(at, at + 100))
    expect((await worker(batch, context)) as SQSBatchResponse).toEqual({ batchItemFailures: [] })
  }
  await close()
  expect(await total(venue, 'refunds')).toBe(0)

  // twice at once, and once more while the first are on their way
  const both = await Promise.all([replay(venue), replay(venue)])
  expect(both.map(({ status }) => status)).toEqual([202, 202])
  expect(both.reduce((count, { body }) => count + body.replayed, 0)).toBe(1000)
  expect((await replay(venue)).body).toEqual({ replayed: 0, remaining: 0, refused: [] })
  const messages = await queue.receive(1000)
  expect(messages).toHaveLength(1000)
  for (let at = 0; at < 1000; at += 100) {
    const batch = deliveryOf(messages.slice(at, at + 100))
    const twice = [ingestEvents(batch, context), ingestEvents(batch, context)]
    for (const answer of await Promise.all(twice)) expect(answer).toEqual({ batchItemFailures: [] })
  }
  expect(await total(venue, 'refunds')).toBe(sum)

  // replayed again when all is done, and sent again by the platform
  expect((await replay(venue)).body).toEqual({ replayed: 0, remaining: 0, refused: [] })
  for (let at = 0; at < 1000; at += 100) await deliver(refunds.slice(at, at + 100))
  expect(await total(venue, 'refunds')).toBe(sum)
}, 90_000)
