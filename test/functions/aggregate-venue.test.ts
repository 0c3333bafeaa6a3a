import type { SQSBatchResponse } from 'aws-lambda'
import { handler as aggregateVenue } from '../../functions/queue/aggregate-venue.ts'
import { tenantCollection } from '../../lib/clients/mongo.ts'
import { withTenantJob } from '../../lib/clients/postgres.ts'
import { delivery, paid, unique } from '../support/events.ts'
import { ask, closeStores, context, deliver } from '../support/service.ts'

afterAll(closeStores)

type WindowRow = {
  tier: string
  start: string
  currency: string
  gross: string
  tickets: string
  revision: number
  final: boolean
  entries: string
}

/** Hands the worker a message for each venue; returns the ids it wants again. */
async function tick(...venues: string[]): Promise<string[]> {
  const given = delivery(...venues.map((venueId) => ({ venueId })))
  const answer = (await aggregateVenue(given, context)) as SQSBatchResponse
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

const windowsOf = (venueId: string) =>
  withTenantJob(
    venueId,
    (tx) => tx<WindowRow[]>`
      select tier, to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as start,
             currency, gross_revenue::text as gross, tickets_sold::text as tickets, revision, final,
             entries::text
        from windows where venue_id = ${venueId} order by tier, starts_at, currency`,
  )

const tokenOf = async (venueId: string) => {
  const rows = await withTenantJob(
    venueId,
    (tx) => tx<{ token: string }[]>`select token from aggregations where venue_id = ${venueId}`,
  )
  return Number(rows[0]?.token ?? 0)
}

const at = (ago: number) => new Date(Date.now() - ago).toISOString()
const minutes = 60_000
const hours = 60 * minutes
const zoneOf = (venueId: string, timezone: string, told = {}) => ({
  ...paid(venueId),
  type: 'venue.updated',
  data: { timezone, currency: 'USD', ...told },
})

test('windows of every size hold what the planner answers', async () => {
  const venue = unique('v')
  await deliver(zoneOf(venue, 'America/New_York', { day_start: '06:00' }))
  const moments = [
    '2025-03-08T12:00:00Z',
    '2025-03-09T12:00:00Z',
    '2025-11-02T05:30:00Z',
    '2025-11-02T06:30:00Z',
    '2026-05-31T03:00:00Z',
  ]
  await deliver(...moments.map((occurred_at) => paid(venue, { occurred_at })))
  await deliver(paid(venue, { occurred_at: at(2 * minutes) }))
  expect(await tick(venue)).toEqual([])
  const windows = await windowsOf(venue)
  for (const granularity of ['day', 'week', 'month'] as const) {
    const { series } = await ask(venue, 'gross_revenue', {
      from: '2025-01-01',
      to: '2027-01-01',
      granularity,
    })
    const answered = series[0]?.points
      .filter(({ value }) => value)
      .map(({ start, value }) => [Date.parse(start), Number(value)])
    const made = windows
      .filter(({ tier }) => tier === granularity)
      .map(({ start, gross }) => [Date.parse(start), Number(gross)])
    expect(made).toEqual(answered)
  }
  expect(windows.filter(({ tier }) => ['minute', '5min', 'hour'].includes(tier))).toHaveLength(3)
})

test('a tick without news changes nothing, and a late event opens its windows again', async () => {
  const venue = unique('v')
  await deliver(paid(venue, { occurred_at: '2026-03-03T12:00:00Z' }))
  await tick(venue)
  const first = await windowsOf(venue)
  expect(first.map(({ tier, revision, final }) => [tier, revision, final])).toEqual([
    ['day', 1, true],
    ['month', 1, true],
    ['week', 1, true],
  ])
  const token = await tokenOf(venue)
  await tick(venue)
  expect(await windowsOf(venue)).toEqual(first)
  expect(await tokenOf(venue)).toBe(token)

  await deliver(paid(venue, { occurred_at: '2026-03-20T12:00:00Z' }))
  await tick(venue)
  const revisions = (await windowsOf(venue)).map(({ tier, start, revision, entries }) => [
    tier,
    start.slice(5, 10),
    revision,
    entries,
  ])
  expect(revisions).toEqual([
    ['day', '03-03', 1, '2'],
    ['day', '03-20', 1, '2'],
    ['month', '03-01', 2, '4'],
    ['week', '03-02', 1, '2'],
    ['week', '03-16', 1, '2'],
  ])
})

test('ten ticks at once commit once', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  await Promise.all(Array.from({ length: 10 }, () => tick(venue)))
  expect(await tokenOf(venue)).toBe(1)
  expect((await windowsOf(venue)).map(({ revision }) => revision)).toEqual([1, 1, 1])
})

test('an open window is final once it is over, and short ones are kept for their time only', async () => {
  const venue = unique('v')
  await deliver(
    paid(venue, { occurred_at: at(2 * hours) }),
    paid(venue, { occurred_at: at(26 * hours) }),
    paid(venue, { occurred_at: at(9 * 24 * hours) }),
    paid(venue, { occurred_at: at(0) }),
  )
  await tick(venue)
  const windows = await windowsOf(venue)
  const count = (tier: string) => windows.filter((window) => window.tier === tier).length
  expect(count('minute')).toBe(1)
  expect(count('5min')).toBe(2)
  expect(count('hour')).toBe(3)
  expect(windows.filter(({ tier }) => tier === 'minute').map(({ final }) => final)).toEqual([false])

  // As it was before the hour of two hours ago was over.
  await withTenantJob(venue, async (tx) => {
    await tx`update windows set final = false where venue_id = ${venue} and tier = 'hour'`
    await tx`update aggregations set due_at = now() where venue_id = ${venue}`
  })
  await tick(venue)
  const hourly = (await windowsOf(venue)).filter(({ tier }) => tier === 'hour')
  expect(hourly.map(({ final, revision }) => [final, revision])).toEqual([
    [true, 1],
    [true, 1],
    [false, 1],
  ])
})

test('after a change of the clock the windows are those of a venue that always had it', async () => {
  const [moved, settled] = [unique('v'), unique('v')]
  const events = (venue: string) =>
    ['2026-01-31T23:30:00Z', '2026-02-28T12:00:00Z', '2026-03-01T03:00:00Z'].map((occurred_at) =>
      paid(venue, { occurred_at }),
    )
  await deliver(...events(moved))
  await tick(moved)
  await deliver(zoneOf(moved, 'Asia/Kathmandu', { day_start: '04:00' }))
  await tick(moved)
  await deliver(zoneOf(settled, 'Asia/Kathmandu', { day_start: '04:00' }), ...events(settled))
  await tick(settled)
  const plain = async (venue: string) =>
    (await windowsOf(venue)).map(({ revision, ...rest }) => rest)
  expect(await plain(moved)).toEqual(await plain(settled))
})

test('the views of hours and days tell tickets and revenue by currency', async () => {
  const venue = unique('v')
  const euro = {
    currency: 'EUR',
    items: [{ ticket_type_id: 'a', quantity: 2, unit_price_minor: 100 }],
  }
  await deliver(
    paid(venue),
    paid(venue, { data: { ...(paid(venue).data as object), ...euro, order_id: 'o-eur' } }),
  )
  await tick(venue)
  const rows = await withTenantJob(
    venue,
    (tx) =>
      tx`select granularity, currency, tickets::int, revenue_minor::int from venue_analytics where venue_id = ${venue} order by 1, 2`,
  )
  expect(rows.map((row) => ({ ...row }))).toContainEqual({
    granularity: 'day',
    currency: 'EUR',
    tickets: 2,
    revenueMinor: 200,
  })
})

test('a bad message is dropped, a venue without events is nothing, and another is not delayed', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  const given = delivery(
    'not json',
    { venueId: 7 },
    { venueId: unique('nobody') },
    { venueId: venue },
  )
  const answer = (await aggregateVenue(given, context)) as SQSBatchResponse
  expect(answer.batchItemFailures).toEqual([])
  expect(await windowsOf(venue)).not.toEqual([])
})

test('each show has a document with its sums, and the newest one stays', async () => {
  const venue = unique('v')
  const show = (event_id: string) => ({ event_ref: { event_id } })
  await deliver(paid(venue, show('hamlet')), paid(venue, show('lear')))
  await tick(venue)
  await deliver(paid(venue, show('hamlet')))
  await tick(venue)
  await tick(venue)
  const documents = await (
    await tenantCollection<{
      venue_id: string
      event_id: string
      totals: { currency: string; orders: number }[]
    }>(venue, 'event_analytics')
  ).find({}, { sort: { event_id: 1 } })
  expect(
    documents.map(({ event_id, totals }) => [event_id, totals.length, Number(totals[0]?.orders)]),
  ).toEqual([
    ['hamlet', 1, 2],
    ['lear', 1, 1],
  ])
})
