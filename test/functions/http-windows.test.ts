import { handler as windows } from '../../functions/http/windows.ts'
import { handler as aggregateVenue } from '../../functions/queue/aggregate-venue.ts'
import type { ToldWindow } from '../../lib/windows/schema.ts'
import { delivery, event, paid, unique } from '../support/events.ts'
import { call, closeStores, context, deliver } from '../support/service.ts'

afterAll(closeStores)

const asked = (venueId: string, query: Record<string, string>, of = venueId) =>
  call(windows, 'GET /v1/venues/{venueId}/windows', {
    caller: { venues: { [of]: 'viewer' } },
    params: { venueId },
    query,
  })
const aggregate = (venueId: string) => aggregateVenue(delivery({ venueId }), context)
const on = (date: string, told = {}) => ({ occurred_at: `${date}T12:00:00Z`, ...told })

test('windows are told in the venue’s time with their revision, page by page', async () => {
  const venue = unique('v')
  const zone = { timezone: 'Europe/Madrid', currency: 'EUR', day_start: '06:00' }
  await deliver(
    event(venue, 'venue.updated', { occurred_at: '2026-01-01T00:00:00Z', data: zone }),
    ...['2026-03-27', '2026-03-28', '2026-03-29'].map((date) => paid(venue, on(date))),
  )
  await aggregate(venue)
  await deliver(paid(venue, on('2026-03-28', { data: { order_id: unique('o'), currency: 'EUR' } })))
  await deliver(paid(venue, on('2026-03-28')))
  await aggregate(venue)
  const pages: ToldWindow[][] = []
  let cursor: string | null = null
  do {
    const more: Record<string, string> = cursor ? { cursor } : {}
    const query = { tier: 'day', from: '2026-03-28', to: '2026-04-01', limit: '1', ...more }
    const { body } = await asked(venue, query)
    pages.push(body.items)
    cursor = body.nextCursor
  } while (cursor)
  expect(pages.map((page) => page.length)).toEqual([1, 1, 1])
  expect(pages.flat()).toMatchObject([
    { start: '2026-03-28T06:00:00+01:00', currency: 'EUR', revision: 1, final: true },
    {
      start: '2026-03-28T06:00:00+01:00',
      // the day on whose night the clocks go on
      end: '2026-03-29T06:00:00+02:00',
      currency: 'USD',
      numbers: { orders: 2, tickets_sold: 4, gross_revenue: 18_200 },
      revision: 2,
    },
    { start: '2026-03-29T06:00:00+02:00', currency: 'USD', revision: 1 },
  ])
  expect((await asked(venue, { tier: 'decade' })).status).toBe(400)
  expect((await asked(venue, {}, unique('v'))).status).toBe(404)
})

test('a time that ends before it begins is refused by its field', async () => {
  const venue = unique('v')
  const { status, body } = await asked(venue, { tier: 'day', from: '2026-03-28', to: '2026-03-27' })
  expect([status, body.issues[0].path]).toEqual([400, 'to'])
})
