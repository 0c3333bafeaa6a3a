import { delivery, event, paid, unique } from '../support/events.ts'
import { ask, closeStores, deliver, total } from '../support/service.ts'

afterAll(closeStores)

test('a paid order counts once, however often it is delivered', async () => {
  const venue = unique('v')
  const order = paid(venue)
  expect(await deliver(order, order)).toEqual([])
  expect(await deliver([order, order], order)).toEqual([])
  expect(await total(venue, 'orders')).toBe(1)
  expect(await total(venue, 'tickets_sold')).toBe(2)
  expect(await total(venue, 'gross_revenue')).toBe(9100)
})

test('a day of the venue is a bucket', async () => {
  const venue = unique('v')
  const settings = { timezone: 'America/New_York', currency: 'USD' }
  await deliver(
    event(venue, 'venue.updated', { occurred_at: '2026-01-01T00:00:00Z', data: settings }),
  )
  await deliver(
    paid(venue, { occurred_at: '2026-07-01T03:59:59Z' }),
    paid(venue, { occurred_at: '2026-07-01T04:00:00Z' }),
  )
  const answer = await ask(venue, 'orders', { from: '2026-06-30', to: '2026-07-02' })
  expect(answer.series[0]?.points.map(({ start, value }) => [start, value])).toEqual([
    ['2026-06-30T00:00:00-04:00', 1],
    ['2026-07-01T00:00:00-04:00', 1],
  ])
})

test('a rehearsal with a real ticket does not take its admission', async () => {
  const venue = unique('v')
  const entry = { scan_id: 's', ticket_id: 't-1', result: 'ok' }
  await deliver(
    event(venue, 'ticket.scanned', {
      occurred_at: '2026-06-01T08:00:00Z',
      test_mode: true,
      data: entry,
    }),
    event(venue, 'ticket.scanned', { data: entry }),
  )
  expect(await total(venue, 'admissions')).toBe(1)
  expect(await total(venue, 'admissions', { include_test: 'true' })).toBe(2)
})

test('delivery has one record for each body', () => {
  expect(delivery(1, 2).Records).toHaveLength(2)
})
