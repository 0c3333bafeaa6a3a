import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import type { SQSBatchResponse } from 'aws-lambda'
import { handler as audits } from '../../functions/http/audits.ts'
import { handler as aggregateVenue } from '../../functions/queue/aggregate-venue.ts'
import { handler as auditVenue } from '../../functions/queue/audit-venue.ts'
import type { Run, RunWhole } from '../../lib/audit/schema.ts'
import { tenantCollection } from '../../lib/clients/mongo.ts'
import { withTenant, withTenantJob } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { catchUp } from '../../lib/operations/catch-up.ts'
import { fetchLive, publishLive } from '../../lib/realtime/live.ts'
import { businessDayOf } from '../../lib/time/periods.ts'
import { readVenue } from '../../lib/venues/store.ts'
import { delivery, event, paid, unique } from '../support/events.ts'
import { ask, call, closeStores, context, deliver } from '../support/service.ts'

beforeAll(async () => {
  const { QueueUrl = '' } = await sqs().send(
    new CreateQueueCommand({ QueueName: unique('audits') }),
  )
  process.env.AUDIT_VENUE_QUEUE_URL = new URL(
    new URL(QueueUrl).pathname,
    process.env.AWS_ENDPOINT_URL,
  ).href
})
afterAll(closeStores)

type Venue = { venues: Record<string, 'analyst' | 'viewer'> }
const analystOf = (venueId: string): Venue => ({ venues: { [venueId]: 'analyst' } })

const work = async (...bodies: unknown[]) => {
  const answer = (await auditVenue(delivery(...bodies), context)) as SQSBatchResponse
  return answer.batchItemFailures
}
const aggregate = (venueId: string) => aggregateVenue(delivery({ venueId }), context)

const listed = async (venueId: string): Promise<Run[]> => {
  const asked = { caller: analystOf(venueId), params: { venueId } }
  return (await call(audits, 'GET /v1/venues/{venueId}/audit', asked)).body.items
}
const whole = async (venueId: string, runId: string): Promise<RunWhole> => {
  const route = 'GET /v1/venues/{venueId}/audit/{runId}'
  const asked = { caller: analystOf(venueId), params: { venueId, runId } }
  return (await call(audits, route, asked)).body
}
const request = (venueId: string, body: object, more = {}) =>
  call(audits, 'POST /v1/venues/{venueId}/audit/run', {
    caller: analystOf(venueId),
    params: { venueId },
    body,
    ...more,
  })

/** Asks for an audit of June 2026, does it, and tells what it found. */
async function audited(venueId: string, body = { from: '2026-06-01', to: '2026-06-30' }) {
  // Requests of tests have one id; a key is what makes each a request of its own.
  const key = { headers: { 'idempotency-key': unique('k') } }
  const { status, body: run } = await request(venueId, body, key)
  expect(status).toBe(202)
  expect(await work({ venueId, night: null })).toEqual([])
  return whole(venueId, run.id)
}

const found = ({ results }: RunWhole) =>
  Object.fromEntries(results.filter((r) => r.found > 0).map((r) => [r.store, [r.found, r.healed]]))

/** A venue with sales in June, everything of which is made. */
async function settled() {
  const venue = unique('v')
  const june = (day: number) => ({ occurred_at: `2026-06-0${day}T12:00:00Z` })
  await deliver(
    paid(venue, june(1)),
    paid(venue, { ...june(2), event_ref: { event_id: 'lear' } }),
    event(venue, 'ticket.scanned', {
      ...june(3),
      data: { scan_id: unique('s'), ticket_id: 't-1', result: 'ok' },
    }),
  )
  await catchUp()
  await aggregate(venue)
  return venue
}

test('of a venue that nobody touched nothing is found, and every store is compared', async () => {
  const venue = await settled()
  const run = await audited(venue)
  expect(run).toMatchObject({ startedBy: 'hand', state: 'done', findings: [] })
  expect(run.spans).toEqual([{ from: '2026-06-01', to: '2026-06-30' }])
  expect(found(run)).toEqual({})
  const compared = run.results.map(({ store, state, checked }) => [store, state, checked > 0])
  expect(compared).toEqual(
    expect.arrayContaining(
      ['quarter', 'day', 'window', 'show', 'orders', 'admissions', 'document'].map((store) => [
        store,
        'compared',
        true,
      ]),
    ),
  )
  const { events } = (await audited(venue, dayOfReceipt())).archive ?? {}
  expect(events).toBe(3)
})

const dayOfReceipt = () => {
  const day = (offset: number) =>
    new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
  return { from: day(-1), to: day(1) }
}

test('corrupted quarters and days are found, healed and told', async () => {
  const venue = await settled()
  const spoil = await withTenantJob(venue, async (tx) => {
    const more = await tx`
      update buckets set tickets_sold = 7, gross_revenue = null
       where venue_id = ${venue} and bucket < '2026-06-02' and tickets_sold is not null`
    const gone = await tx`
      delete from buckets where venue_id = ${venue} and bucket >= '2026-06-03' and tier = 'day'`
    const alien = await tx`
      insert into buckets (venue_id, tier, bucket, series_id, orders, entries)
      values (${venue}, 'quarter', '2026-06-05T10:15:00Z', gen_random_uuid(), 5, 5)`
    return [more.count, gone.count, alien.count]
  })
  expect(spoil).toEqual([2, 1, 1])
  const run = await audited(venue)
  expect(found(run)).toEqual({ quarter: [2, 2], day: [2, 2] })
  expect(run.findings).toContainEqual({
    store: 'day',
    place: expect.objectContaining({
      start: '2026-06-01T00:00:00Z',
      event: 'show-1',
      ticket_type: 'stalls',
      test_mode: false,
    }),
    stored: { tickets_sold: 7 },
    recomputed: { tickets_sold: 2, gross_revenue: 9100 },
    healed: true,
  })
  expect(run.findings).toContainEqual({
    store: 'quarter',
    place: { start: '2026-06-05T10:15:00Z' },
    stored: { orders: 5, entries: 5 },
    recomputed: null,
    healed: true,
  })
  const june = { from: '2026-06-01', to: '2026-07-01' }
  const { total } = await ask(venue, 'tickets_sold', { ...june, granularity: 'day' })
  expect(total).toBe(4)
  expect(found(await audited(venue))).toEqual({})
})

test('corrupted windows are healed with a new revision, weeks and months too', async () => {
  const venue = await settled()
  const windows = () =>
    withTenantJob(
      venue,
      (tx) => tx<{ tier: string; start: Date; orders: string; revision: number }[]>`
        select tier, starts_at as start, orders, revision from windows
         where venue_id = ${venue} order by tier, starts_at, currency`,
    )
  const before = await windows()
  await withTenantJob(venue, async (tx) => {
    await tx`update windows set orders = 99 where venue_id = ${venue} and tier = 'month' and orders is not null`
    await tx`
      update windows set orders = 98, starts_at = starts_at + interval '1 minute'
       where venue_id = ${venue} and tier = 'day' and starts_at = '2026-06-02T00:00:00Z'`
  })
  const run = await audited(venue, { from: '2026-06-01', to: '2026-06-02' })
  // the month, and what is missing of its days and one too many
  expect(found(run)).toEqual({ window: [3, 3] })
  expect(run.findings).toContainEqual({
    store: 'window',
    place: { tier: 'month', start: '2026-06-01T00:00:00.000Z', currency: 'USD' },
    stored: { orders: 99 },
    recomputed: { orders: 2 },
    healed: true,
  })
  expect(found(await audited(venue))).toEqual({})
  const raised = (await windows()).map(({ tier, revision }) => [tier, revision])
  expect(raised).toContainEqual(['month', 2])
  const plain = (rows: Awaited<ReturnType<typeof windows>>) =>
    rows.map(({ revision: _, ...row }) => ({ ...row }))
  expect(plain(await windows())).toEqual(plain(before))
})

test('corrupted sums and documents of shows are healed', async () => {
  const venue = await settled()
  type Show = { _id: string; venue_id: string; as_of: Date; totals: { orders: number }[] }
  const documents = await tenantCollection<Show>(venue, 'event_analytics')
  const orders = async () =>
    (await documents.find({}, { sort: { event_id: 1 } })).map(({ _id, totals }) => [
      _id.split('/')[1],
      totals.reduce((sum, one) => sum + Number(one.orders), 0),
    ])
  const right = await orders()
  expect(right).toEqual([
    ['lear', 1],
    ['show-1', 1],
  ])

  await withTenantJob(venue, async (tx) => {
    await tx`update show_totals set orders = 50 where venue_id = ${venue} and show_id = 'lear'`
    await tx`
      insert into show_totals (venue_id, show_id, currency, orders, entries, as_of, copied)
      values (${venue}, 'ghost', 'USD', 1, 1, now(), true)`
  })
  expect(found(await audited(venue))).toEqual({ show: [2, 2] })
  await aggregate(venue)
  expect(await orders()).toEqual(right)

  const [lear] = await documents.find({ event_id: 'lear' })
  await documents.delete([`${venue}/lear`])
  const ghost = { ...lear, _id: `${venue}/ghost`, event_id: 'ghost' } as unknown as Show
  const late = { ...lear, as_of: new Date('2030-01-01'), totals: [{ orders: 77 }] } as Show
  await documents.insertMissing([ghost, late])
  const run = await audited(venue)
  expect(found(run)).toEqual({ document: [2, 2] })
  expect(run.findings).toContainEqual({
    store: 'document',
    place: { event: 'lear' },
    stored: expect.objectContaining({ orders: 77 }),
    recomputed: expect.objectContaining({ 'orders:USD': 1 }),
    healed: true,
  })
  expect(await orders()).toEqual(right)
})

test('corrupted live numbers of the running day are healed', async () => {
  const venue = unique('v')
  await deliver(paid(venue, { occurred_at: new Date().toISOString() }))
  const { lastRecordedAt, settings } = await withTenant(venue, (tx) => readVenue(tx, venue))
  const day = businessDayOf(Date.now(), settings)
  const asOf = lastRecordedAt ?? ''
  const live = () => fetchLive(venue, day, asOf)
  const right = await live()
  expect(right?.get('tickets_sold')).toBe(2n)
  const wrong = new Map([...(right ?? []), ['tickets_sold', 7n] as const])
  expect(await publishLive([{ venueId: venue, day, asOf, sums: wrong }])).toBe(true)
  const run = await audited(venue)
  expect(found(run)).toEqual({ live: [1, 1] })
  expect(run.findings).toEqual([
    {
      store: 'live',
      place: { date: day.date },
      stored: { tickets_sold: 7 },
      recomputed: { tickets_sold: 2 },
      healed: true,
    },
  ])
  expect(await live()).toEqual(right)
})

test('what the archive lacks is told by day and id, and the ledger stays as it is', async () => {
  const venue = unique('v')
  const [kept, lost] = [paid(venue), paid(venue)]
  await deliver(kept, lost)
  await catchUp()
  const raw = await tenantCollection<{ _id: string; venue_id: string }>(venue, 'raw_events')
  const [copy] = await raw.find({ event_id: lost.event_id })
  await raw.delete([copy?._id ?? ''])
  const run = await audited(venue, dayOfReceipt())
  expect(run.archive).toMatchObject({
    state: 'incomplete',
    events: 2,
    missing: 1,
    missingIds: [lost.event_id],
  })
  expect(run.archive?.days.map(({ events, missing }) => [events, missing])).toEqual([[2, 1]])
  const june = { from: '2026-06-01', to: '2026-07-01', granularity: 'none' }
  expect((await ask(venue, 'orders', june)).total).toBe(2)

  // A copy that waits is not missing.
  await withTenant(
    venue,
    (tx) => tx`
      insert into raw_outbox (venue_id, document_id, document, recorded_at)
      values (${venue}, ${copy?._id ?? ''}, '{}', now())`,
  )
  const again = await audited(venue, dayOfReceipt())
  expect(again.archive).toMatchObject({ state: 'complete', waiting: 1, missing: 0 })
})

test('bookings that the kept facts do not bear out are told and left', async () => {
  const venue = await settled()
  await withTenant(venue, async (tx) => {
    await tx`
      insert into order_events (venue_id, order_id, event_id, kind, occurred_at, recorded_at, body)
      values (${venue}, 'o-lost', 'e-lost', 'paid', '2026-06-04T12:00:00Z', now(),
              '{"dimensions": {"test_mode": false}}')`
  })
  const run = await audited(venue)
  expect(found(run)).toEqual({ orders: [1, 0] })
  expect(run.findings).toEqual([
    {
      store: 'orders',
      place: { date: '2026-06-04' },
      stored: { orders: 0 },
      recomputed: { orders: 1 },
      healed: false,
    },
  ])
})

test('ten workers on one night make one run, of yesterday and an older day', async () => {
  const venue = await settled()
  const message = { venueId: venue, night: '2026-06-03' }
  const failed = await Promise.all(Array.from({ length: 10 }, () => work(message)))
  expect(failed.flat()).toEqual([])
  const runs = await listed(venue)
  expect(runs).toHaveLength(1)
  expect(runs[0]).toMatchObject({ startedBy: 'clock', state: 'done' })
  expect(runs[0]?.spans).toEqual([
    { from: '2026-06-02', to: '2026-06-03' },
    { from: '2026-06-01', to: '2026-06-02' },
  ])
  expect(runs[0]?.results.map(({ store }) => store).sort()).toEqual(
    [...new Set(runs[0]?.results.map(({ store }) => store))].sort(),
  )
})

test('a run that dies in a step leaves nothing of it, and the next does it again', async () => {
  const venue = await settled()
  await withTenantJob(
    venue,
    (tx) => tx`update buckets set orders = 9 where venue_id = ${venue} and orders is not null`,
  )
  const { body: run } = await request(venue, { from: '2026-06-01', to: '2026-06-08' })
  // Settings that cannot be read end the step after it has begun.
  const zone = (name: string) =>
    withTenant(venue, (tx) => tx`update venues set time_zone = ${name} where venue_id = ${venue}`)
  await zone('Nowhere/Nothing')
  expect(await work({ venueId: venue, night: null })).toHaveLength(1)
  expect(await whole(venue, run.id)).toMatchObject({ state: 'pending', results: [], findings: [] })
  await zone('UTC')
  expect(await work({ venueId: venue, night: null })).toEqual([])
  const done = await whole(venue, run.id)
  expect(done.state).toBe('done')
  expect(found(done)).toEqual({ quarter: [2, 2], day: [2, 2] })
  expect(await work({ venueId: venue, night: null })).toEqual([])
  expect((await whole(venue, run.id)).results).toEqual(done.results)
})

test('poison is dropped and another venue is not delayed', async () => {
  const venue = await settled()
  const { body: run } = await request(venue, { from: '2026-06-01', to: '2026-06-02' })
  const nobody = { venueId: unique('nobody'), night: '2026-06-03' }
  const bodies = ['not json', { venueId: 7 }, { venueId: venue, night: 'tonight' }, nobody]
  expect(await work(...bodies, { venueId: venue, night: null })).toEqual([])
  expect((await whole(venue, run.id)).state).toBe('done')
})

test('an audit is asked for once for a key, in whole days, 31 at most', async () => {
  const venue = unique('v')
  const key = { headers: { 'idempotency-key': 'k-1' } }
  const first = await request(venue, {}, key)
  expect(first.headers.location).toBe(`/v1/venues/${venue}/audit/${first.body.id}`)
  expect((await request(venue, {}, key)).body).toEqual(first.body)
  expect(await listed(venue)).toHaveLength(1)
  const parts = { from: '2026-06-01T15:00:00Z', to: '2026-06-02T01:00:00Z' }
  const days = (await request(venue, parts, { headers: {} })).body.spans
  expect(days).toEqual([{ from: '2026-06-01', to: '2026-06-03' }])
  const refusals: [object, number][] = [
    [{ from: '2026-06-01' }, 400],
    [{ from: '2026-06-02', to: '2026-06-02' }, 400],
    [{ from: '2026-06-01', to: '2026-07-03' }, 422],
    [{ from: '2026-06-01', to: '2026-07-02' }, 202],
  ]
  for (const [body, status] of refusals) {
    const answer = await request(venue, body, { headers: { 'idempotency-key': unique('k') } })
    expect([body, answer.status]).toEqual([body, status])
    if (status !== 202) expect(answer.body.issues[0].path).toBe('to')
  }
})

test('another venue’s audits are not found, and a viewer may see none', async () => {
  const [own, other] = [unique('v'), unique('v')]
  const { body: run } = await request(own, {})
  const get = (of: string, caller: Venue) =>
    call(audits, 'GET /v1/venues/{venueId}/audit/{runId}', {
      caller,
      params: { venueId: of, runId: run.id },
    })
  expect((await get(own, analystOf(own))).status).toBe(200)
  expect((await get(other, analystOf(other))).status).toBe(404)
  expect((await get(own, analystOf(other))).status).toBe(404)
  expect((await get(own, { venues: { [own]: 'viewer' } })).status).toBe(403)
  expect(await listed(other)).toEqual([])
})
