import { handler } from '../../functions/http/ingest-stats.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import type { Stats } from '../../lib/intake/stats.ts'
import { deliverWith } from '../oracle/workers.ts'
import { event, paid, unique } from '../support/events.ts'
import { type Asked, request } from '../support/http.ts'
import { closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const route = 'GET /v1/venues/{venueId}/ingest/stats'
const ask = (venueId: string, query: Record<string, string> = {}, more: Asked = {}) =>
  request(handler, route, {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId },
    query,
    ...more,
  })

async function stats(venueId: string, query: Record<string, string> = {}): Promise<Stats> {
  const { status, body } = await ask(venueId, query)
  expect([status, status === 200 ? '' : body]).toEqual([200, ''])
  return body
}

const hour = 3_600_000
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()

test('what came in is counted, known or quarantined, by type and by reason', async () => {
  const venue = unique('v')
  const orders = [paid(venue), paid(venue), paid(venue)]
  await deliver(...orders, orders[0], { ...orders[1], context: { channel: 'phone' } })
  await deliver([orders[2], event(venue, 'page.viewed')], {
    ...paid(venue),
    type: 'order.devoured',
  })
  await deliver({ ...paid(venue), occurred_at: 'yesterday' })
  const told = await stats(venue)
  expect(told.total).toMatchObject({
    received: 9,
    counted: 4,
    known: 2,
    quarantined: 3,
    replayed: 0,
  })
  expect(told.byType.map(({ type, received, counted }) => [type, received, counted])).toEqual([
    [null, 1, 0],
    ['order.paid', 7, 3],
    ['page.viewed', 1, 1],
  ])
  expect(told.byReason).toEqual([
    { code: 'conflicting_payload', quarantined: 1 },
    { code: 'invalid', quarantined: 1 },
    { code: 'unknown_type', quarantined: 1 },
  ])
  expect(told.waiting).toEqual({ kept: 3, replaying: 0, outbox: 0 })
  expect(told.lastOccurredAt).toBe('2026-06-01T16:00:00.000Z')
  expect(Date.parse(told.lastReceivedAt ?? '')).toBeGreaterThan(Date.now() - 60_000)
  expect(told.series.reduce((sum, { received }) => sum + received, 0)).toBe(9)
  expect(told.series.filter(({ received }) => received > 0).length).toBeLessThanOrEqual(2)
})

test('a venue that nobody has written to has zeros', async () => {
  const told = await stats(unique('v'))
  expect(told.total.received).toBe(0)
  expect(told).toMatchObject({
    byType: [],
    byReason: [],
    lastReceivedAt: null,
    lastOccurredAt: null,
  })
  expect(told.series.length).toBeGreaterThanOrEqual(24)
})

test('days are business days of the venue, and hours those of its clocks', async () => {
  const venue = unique('v')
  await deliver(
    event(venue, 'venue.updated', { data: { timezone: 'Asia/Kathmandu', currency: 'NPR' } }),
  )
  await withTenant(
    venue,
    (tx) => tx`
      insert into intake (venue_id, quarter, type, code, counted, known, quarantined, replayed,
                          lag_ms)
      values (${venue}, '2026-06-01T18:00:00Z', 'order.paid', '', 1, 0, 0, 0, 1500),
             (${venue}, '2026-06-01T18:15:00Z', 'order.paid', '', 2, 0, 0, 0, 0)`,
  )
  const days = await stats(venue, { from: '2026-06-01', to: '2026-06-03', granularity: 'day' })
  expect(days.tz).toBe('Asia/Kathmandu')
  expect(days.series.map(({ start, counted }) => [start, counted])).toEqual([
    ['2026-06-01T00:00:00+05:45', 1],
    ['2026-06-02T00:00:00+05:45', 2],
  ])
  expect(days.total.maxLagSeconds).toBe(1.5)
  const hours = await stats(venue, {
    from: '2026-06-01T17:15:00Z',
    to: '2026-06-01T19:15:00Z',
    granularity: 'hour',
  })
  expect(hours.series.map(({ start, counted }) => [start, counted])).toEqual([
    ['2026-06-01T23:00:00+05:45', 1],
    ['2026-06-02T00:00:00+05:45', 2],
  ])
})

test('the lag is the time from sending to the count; what was imported has none', async () => {
  const venue = unique('v')
  const sentAt = { occurred_at: ago(40 * hour), sent_at: ago(2 * hour) }
  await deliver(paid(venue, sentAt), paid(venue, { occurred_at: ago(90 * hour), source: 'import' }))
  const { maxLagSeconds } = (await stats(venue)).total
  expect(maxLagSeconds).toBeGreaterThanOrEqual(7200)
  expect(maxLagSeconds).toBeLessThan(7300)
})

test('raw copies that wait for Mongo are told', async () => {
  const venue = unique('v')
  const away = { MONGODB_URI: 'mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=100' }
  await deliverWith(away, paid(venue), paid(venue))
  expect((await stats(venue)).waiting.outbox).toBe(2)
})

test('another venue’s intake is not told', async () => {
  const [own, other] = [unique('v'), unique('v')]
  await deliver(paid(other))
  expect((await stats(own)).total.received).toBe(0)
  const foreign = await ask(other, {}, { caller: { venues: { [own]: 'owner' } } })
  expect(foreign.status).toBe(404)
})

test('a time that is none is refused by its field, one too long is never cut', async () => {
  const venue = unique('v')
  const wrong: [Record<string, string>, number, string][] = [
    [{ from: 'yesterday' }, 400, 'from'],
    [{ from: '2026-06-02', to: '2026-06-01' }, 400, 'to'],
    [{ granularity: 'minute' }, 400, 'granularity'],
    [{ tz: 'Mars/Olympus' }, 400, 'tz'],
    [{ from: '1990-01-01', to: '2026-01-01', granularity: 'hour' }, 422, 'granularity'],
  ]
  for (const [query, status, path] of wrong) {
    const answer = await ask(venue, query)
    expect([query, answer.status, answer.body.issues?.[0]?.path]).toEqual([query, status, path])
  }
})
