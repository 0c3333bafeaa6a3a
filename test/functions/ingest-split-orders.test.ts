import { event, paid, unique } from '../support/events.ts'
import { ask, closeStores, deliver, total } from '../support/service.ts'

afterAll(closeStores)

const by = async (venue: string, metric: string, group: string) => {
  const year = { from: '2026-01-01', to: '2027-01-01', granularity: 'none', group_by: group }
  const answer = await ask(venue, metric, year)
  return { total: answer.total, groups: answer.series.map(({ key, total }) => [key[group], total]) }
}

/** An order paid by two events of different shows and channels, and an ordinary one. */
async function splitOrder(): Promise<string> {
  const venue = unique('v')
  const order_id = unique('o')
  const first = { event_ref: { event_id: 'e1' }, context: { channel: 'online' } }
  const second = { event_ref: { event_id: 'e2' }, context: { channel: 'phone' } }
  await deliver(
    paid(venue, { ...first, occurred_at: '2026-03-01T12:00:00Z', data: { order_id } }),
    paid(
      venue,
      { ...second, occurred_at: '2026-03-02T12:00:00Z', data: { order_id } },
      { ticket_type_id: 'balcony', quantity: 1, unit_price_minor: 900 },
    ),
    paid(venue, { ...first, occurred_at: '2026-03-03T12:00:00Z' }),
  )
  return venue
}

test('an order paid in two groups counts in each, and once in the whole', async () => {
  const venue = await splitOrder()
  expect(await by(venue, 'orders', 'channel')).toEqual({
    total: 2,
    groups: [
      ['online', 2],
      ['phone', 1],
    ],
  })
  expect((await by(venue, 'orders', 'ticket_type')).total).toBe(2)
  expect(await total(venue, 'orders', { 'filter[event]': 'e2' })).toBe(1)
  expect(await total(venue, 'orders', { 'filter[ticket_type]': 'balcony' })).toBe(1)
  expect(await total(venue, 'average_order_value', { 'filter[channel]': 'phone' })).toBe(900)
  expect(await total(venue, 'average_order_value')).toBe(9550)
})

test('cancelled orders by ticket type are those with a cancelled line of it', async () => {
  const venue = unique('v')
  const order_id = unique('o')
  const items = [
    { ticket_type_id: 'a', quantity: 1, unit_price_minor: 100 },
    { ticket_type_id: 'b', quantity: 1, unit_price_minor: 200 },
  ]
  await deliver(
    paid(venue, { data: { order_id, items } }),
    event(venue, 'order.cancelled', {
      occurred_at: '2026-06-02T12:00:00Z',
      data: { order_id, items: [{ ticket_type_id: 'b', quantity: 1 }] },
    }),
  )
  expect(await by(venue, 'orders_cancelled', 'ticket_type')).toEqual({
    total: 1,
    groups: [['b', 1]],
  })
  expect(await total(venue, 'orders_cancelled', { 'filter[ticket_type]': 'a' })).toBe(0)
})

test('a rehearsal under the id of a real order does not move a real number', async () => {
  const venue = unique('v')
  const order_id = unique('o')
  const test_mode = true
  await deliver(
    paid(venue, { occurred_at: '2026-03-01T12:00:00Z', test_mode, data: { order_id } }),
    paid(venue, { occurred_at: '2026-03-02T12:00:00Z', data: { order_id } }),
    event(venue, 'order.cancelled', {
      occurred_at: '2026-03-03T12:00:00Z',
      test_mode,
      data: { order_id },
    }),
  )
  expect(await total(venue, 'orders')).toBe(1)
  expect(await total(venue, 'average_order_value')).toBe(9100)
  expect(await total(venue, 'tickets_cancelled')).toBe(0)
  expect((await by(venue, 'orders', 'ticket_type')).total).toBe(1)
  expect(await total(venue, 'tickets_cancelled', { include_test: 'true' })).toBe(2)
})
