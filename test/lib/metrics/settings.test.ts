import { handler as settings } from '../../../functions/http/settings.ts'
import { catchUp } from '../../../lib/operations/catch-up.ts'
import { historyOf, type Plan, plans } from '../../oracle/history.ts'
import { randomOf, seedOfRun } from '../../oracle/random.ts'
import { event, paid, unique } from '../../support/events.ts'
import { ask, call, closeStores, deliver } from '../../support/service.ts'

afterAll(closeStores)

const random = randomOf(seedOfRun())
const tokyo = {
  timezone: 'Asia/Tokyo',
  dayStart: '05:00',
  currency: 'USD',
  weekStart: 'sunday',
}
const caller = (venue: string) => ({ venues: { [venue]: 'manager' as const } })

const read = (venueId: string) =>
  call(settings, 'GET /v1/venues/{venueId}/settings', {
    caller: caller(venueId),
    params: { venueId },
  })

const write = (venueId: string, body: unknown, etag?: unknown) =>
  call(settings, 'PUT /v1/venues/{venueId}/settings', {
    caller: caller(venueId),
    params: { venueId },
    body,
    headers: etag ? { 'if-match': String(etag) } : {},
  })

test('settings change by the tag that was read, and by no other', async () => {
  const venue = unique('v')
  const { headers } = await read(venue)
  expect((await write(venue, tokyo)).status).toBe(428)
  expect((await write(venue, tokyo, '"settings-99"')).status).toBe(412)
  const written = await write(venue, tokyo, headers.etag)
  expect([written.status, written.body]).toEqual([200, { ...tokyo, name: null }])
  expect((await write(venue, tokyo, headers.etag)).status).toBe(412)
  expect((await read(venue)).body).toEqual({ ...tokyo, name: null })
})

test('of ten who change the same settings one succeeds', async () => {
  const venue = unique('v')
  const { etag } = (await read(venue)).headers
  const answers = await Promise.all(Array.from({ length: 10 }, () => write(venue, tokyo, etag)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 412)).toHaveLength(9)
})

test('a changed day holds for all of history: before, while and after it is made anew', async () => {
  const [plan] = plans() as [Plan]
  await deliver(...chunks(historyOf(plan, random, 500)))
  const { venueId: venue } = plan
  const { headers } = await read(venue)
  expect((await write(venue, tokyo, headers.etag)).status).toBe(200)

  const expected = await answersOf(venue, 'ledger')
  expect(expected[0]?.series[0]?.points[1]?.start).toMatch(/T05:00:00\+09:00$/)
  expect(await answersOf(venue)).toEqual(expected)

  const rebuilding = catchUp()
  const meanwhile = await answersOf(venue)
  const more = await deliver(paid(venue, { occurred_at: '2025-12-20T12:00:00Z' }))
  await rebuilding
  expect(meanwhile).toEqual(expected)
  expect(more).toEqual([])
  expect(await answersOf(venue)).toEqual(expected)

  // What comes later goes into the new days.
  await deliver(...chunks(historyOf({ ...plan, dayStart: '05:00' }, random, 200).slice(0, 150)))
  await catchUp()
  expect(await answersOf(venue)).toEqual(await answersOf(venue, 'ledger'))
}, 60_000)

test('the latest change wins, in whatever order the changes come', async () => {
  const told = (venue: string, day: string, timezone: string) =>
    event(venue, 'venue.updated', {
      occurred_at: `2026-01-0${day}T00:00:00Z`,
      data: { timezone, currency: 'EUR' },
    })
  const venue = unique('v')
  await deliver(told(venue, '2', 'Europe/Rome'))
  await deliver(told(venue, '1', 'Europe/Oslo'), paid(venue), told(venue, '3', 'Europe/Paris'))
  await deliver(told(venue, '2', 'Europe/Kyiv'))
  expect((await read(venue)).body).toMatchObject({ timezone: 'Europe/Paris', currency: 'EUR' })
})

test('a venue that moves while it sells has its days right', async () => {
  const venue = unique('v')
  const sale = (hour: string) => paid(venue, { occurred_at: `2026-06-01T${hour}:00:00Z` })
  const moved = (timezone: string, day: string) => {
    const data = { timezone, currency: 'USD' }
    return event(venue, 'venue.updated', { occurred_at: `2026-01-0${day}T00:00:00Z`, data })
  }
  await deliver(sale('03'), sale('23'))
  await deliver(moved('Asia/Tokyo', '1'), sale('20'))
  await deliver(sale('02'))
  const days = async () => {
    const query = { from: '2026-05-31', to: '2026-06-03', granularity: 'day' }
    const { series } = await ask(venue, 'orders', query)
    return series[0]?.points.map(({ value }) => value)
  }
  expect(await days()).toEqual([0, 2, 2])
  await catchUp()
  expect(await days()).toEqual([0, 2, 2])
  await deliver(moved('America/New_York', '2'))
  expect(await days()).toEqual([2, 2, 0])
  await deliver(sale('12'))
  await catchUp()
  expect(await days()).toEqual([2, 3, 0])
})

async function answersOf(venue: string, door: 'tiers' | 'ledger' = 'tiers') {
  const asked = [
    { metric: 'orders', granularity: 'day' },
    { metric: 'gross_revenue', granularity: 'day' },
    { metric: 'tickets_net', granularity: 'week' },
    { metric: 'admissions', granularity: 'month' },
    { metric: 'refunds', granularity: 'none' },
  ]
  return Promise.all(
    asked.map(async ({ metric, granularity }) => {
      const query = { from: '2025-01-01', to: '2025-12-10', granularity }
      const now = new Date().toISOString()
      const told = door === 'ledger' ? { ...query, asOf: now } : query
      const answer = await ask(venue, metric, told)
      return { ...answer, asOf: '' }
    }),
  )
}

function chunks<T>(events: T[]): T[][] {
  const parts = []
  for (let i = 0; i < events.length; i += 100) parts.push(events.slice(i, i + 100))
  return parts
}
