import type { ScheduledEvent } from 'aws-lambda'
import { handler as httpIngest } from '../../functions/http/ingest.ts'
import { handler as quarantine } from '../../functions/http/quarantine.ts'
import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
import { handler as catchUp } from '../../functions/schedule/catch-up.ts'
import type { RawDocument } from '../../lib/archive/archive.ts'
import { tenantCollection } from '../../lib/clients/mongo.ts'
import { traceAttribute } from '../../lib/message-attributes.ts'
import { deliveryOf, ownQueue } from '../oracle/own-queue.ts'
import { defectsOf } from '../support/emf.ts'
import { delivery, paid, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { type Line, logOf } from '../support/log.ts'
import { closeStores, context, deliver } from '../support/service.ts'

let queue: Awaited<ReturnType<typeof ownQueue>>

beforeAll(async () => {
  queue = await ownQueue()
  process.env.EVENTS_QUEUE_URL = queue.url
})
afterAll(async () => {
  await queue.delete()
  await closeStores()
})

const trace = () => unique('').slice(1).padStart(32, 'a').replaceAll('-', 'b')
const headerOf = (traceId: string) => ({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` })

const archived = async (venueId: string) =>
  (await tenantCollection<RawDocument>(venueId, 'raw_events')).find({})

const rowsOf = async (venueId: string) =>
  (
    await request(quarantine, 'GET /v1/venues/{venueId}/ingest/quarantine', {
      caller: { venues: { [venueId]: 'manager' } },
      params: { venueId },
    })
  ).body.items

test('one trace leads from a request through the queue to the row, the copy and every log line', async () => {
  const [venue, traceId] = [unique('v'), trace()]
  const own = { ...paid(venue), trace_id: 'trace-of-the-shop' }
  const caller = { venues: { [venue]: 'manager' as const } }
  const { lines: posted } = await logOf(async () => {
    const answer = await request(httpIngest, 'POST /v1/ingest/events', {
      caller,
      headers: headerOf(traceId),
      body: [paid(venue), own, { ...paid(venue), type: 'order.devoured' }],
    })
    expect([answer.status, answer.headers['x-trace-id']]).toEqual([202, traceId])
  })
  expect(posted.map((line) => line.traceId)).toEqual([traceId, traceId])
  expect(posted.map(defectsOf)).toEqual([[], []])
  expect(posted[0]).toMatchObject({ message: 'posted', accepted: 2, rejected: 1 })

  const messages = await queue.receive(1)
  expect(messages[0]?.MessageAttributes?.[traceAttribute]?.StringValue).toContain(traceId)
  // the second time its id is known to have another payload
  const batch = deliveryOf(messages)
  const { lines } = await logOf(async () => {
    await ingestEvents(batch, context)
    const [record] = batch.Records
    if (!record) throw new Error('one message was received')
    const changed = JSON.parse(record.body).map((e: object) => ({ ...e, source: 'box_office' }))
    await ingestEvents({ Records: [{ ...record, body: JSON.stringify(changed) }] }, context)
  })
  expect(lines.map((line) => line.traceId)).toEqual([traceId, traceId])
  expect((await archived(venue)).map(({ payload }) => payload.trace_id).sort()).toEqual(
    [traceId, traceId, 'trace-of-the-shop', 'trace-of-the-shop'].sort(),
  )
  expect((await rowsOf(venue)).map((row: { traceId: string }) => row.traceId).sort()).toEqual(
    [traceId, 'trace-of-the-shop'].sort(),
  )
})

test('a message of the platform goes on in the trace of X-Ray, else in one of its own', async () => {
  const venue = unique('v')
  const event = delivery({ ...paid(venue), occurred_at: 'yesterday' }, paid(venue))
  const [first, second] = event.Records
  if (!first || !second) throw new Error('two records were made')
  first.attributes.AWSTraceHeader = 'Root=1-67891234-abcdef012345678912345678;Sampled=1'
  const ownTrace = second.messageId.replaceAll('-', '')
  for (let time = 0; time < 2; time += 1) {
    const { lines } = await logOf(() => Promise.resolve(ingestEvents(event, context)))
    expect(lines.at(-1)?.traceId).toBe(`67891234abcdef012345678912345678 ${ownTrace}`)
  }
  expect((await rowsOf(venue))[0].traceId).toBe('67891234abcdef012345678912345678')
})

type Emf = { CloudWatchMetrics: { Metrics: { Name: string }[] }[] }

const metricsOf = (line: Line | undefined): string[] =>
  ((line?._aws ?? { CloudWatchMetrics: [] }) as Emf).CloudWatchMetrics.flatMap(({ Metrics }) =>
    Metrics.map(({ Name }) => Name),
  )

test('a batch measures what became of its events, how long it took and how late it was', async () => {
  const venue = unique('v')
  const order = paid(venue, { sent_at: new Date(Date.now() - 90_000).toISOString() })
  const event = delivery(order, order, { ...paid(venue), type: 'order.devoured' })
  for (const { attributes } of event.Records) attributes.SentTimestamp = String(Date.now() - 5000)
  const { lines } = await logOf(() => Promise.resolve(ingestEvents(event, context)))
  const line = lines.at(-1)
  expect(defectsOf(line ?? {})).toEqual([])
  expect(line).toMatchObject({ message: 'batch', counted: 1, known: 1, quarantined: 1, failed: 0 })
  expect(metricsOf(line).sort()).toEqual([
    'counted',
    'durationMs',
    'failed',
    'known',
    'lagMs',
    'quarantined',
    'queueLagMs',
    'replayed',
  ])
  expect(line?.lagMs).toBeGreaterThanOrEqual(90_000)
  expect(line?.queueLagMs).toBeGreaterThanOrEqual(5000)
  expect(line?.queueLagMs).toBeLessThan(90_000)
})

test('the outbox is measured by its depth before it is sent on', async () => {
  await deliver(paid(unique('v')))
  const { lines } = await logOf(() =>
    Promise.resolve(catchUp({} as ScheduledEvent, { ...context, functionName: 'catchUp' })),
  )
  const line = lines.at(-1)
  expect(line).toMatchObject({ message: 'job', function: 'catchUp' })
  expect(defectsOf(line ?? {})).toEqual([])
  expect(metricsOf(line)).toEqual(['durationMs', 'archived', 'outboxDepth', 'failed'])
})
