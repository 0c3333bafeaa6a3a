import { askMetric } from '../../lib/metrics/ask.ts'
import { MetricQuery } from '../../lib/metrics/question.ts'
import { quarantineOf } from '../oracle/rows.ts'
import { event, paid, unique } from '../support/events.ts'
import { ask, closeStores, deliver, total } from '../support/service.ts'

afterAll(closeStores)

const largest = Number.MAX_SAFE_INTEGER
const year = { from: '2026-01-01', to: '2027-01-01', granularity: 'none' }

test('fifty deliveries of one event in one batch and in many at once count once', async () => {
  const venue = unique('v')
  const rounds = 8
  for (let round = 0; round < rounds; round += 1) {
    const order = paid(venue)
    const copies = Array.from({ length: 50 }, () => order)
    const batches = [...copies.map((copy) => [copy, [copy, copy]]), copies, [copies]]
    const failed = await Promise.all(batches.map((batch) => deliver(...batch)))
    expect(failed.flat()).toEqual([])
  }
  expect(await total(venue, 'orders')).toBe(rounds)
  expect(await total(venue, 'gross_revenue')).toBe(rounds * 9100)
})

test('batches that share venues in opposite order do not block each other', async () => {
  const venues = Array.from({ length: 6 }, () => unique('v'))
  const batches = Array.from({ length: 24 }, (_, i) => {
    const order = i % 2 ? venues : venues.toReversed()
    return deliver(...order.map((venue) => paid(venue)))
  })
  expect((await Promise.all(batches)).flat()).toEqual([])
  for (const venue of venues) expect(await total(venue, 'orders')).toBe(24)
})

test('the first of two payloads under one id counts, the other is kept apart', async () => {
  const venue = unique('v')
  const order = paid(venue)
  const other = { ...order, data: { ...(order.data as object), order_id: 'another' } }
  expect(await deliver(order)).toEqual([])
  expect(await deliver(other, [other])).toEqual([])
  expect(await total(venue, 'orders')).toBe(1)
  expect(await quarantineOf(venue)).toEqual([
    {
      code: 'conflicting_payload',
      path: 'event_id',
      eventId: order.event_id,
      body: expect.stringContaining('another'),
    },
  ])
})

test('two payloads under one id in one batch: the first counts', async () => {
  const venue = unique('v')
  const order = paid(venue, {}, { quantity: 3 })
  expect(await deliver([order, paid(venue, { event_id: order.event_id })])).toEqual([])
  expect(await total(venue, 'tickets_sold')).toBe(3)
  expect(await quarantineOf(venue)).toHaveLength(1)
})

test('when and on which trace an event was sent is no other payload', async () => {
  const venue = unique('v')
  const order = paid(venue)
  const reordered = Object.fromEntries(Object.entries(order).reverse())
  await deliver(order, { ...order, sent_at: '2026-06-01T17:00:00Z' }, reordered)
  await deliver({ ...order, sent_at: '2026-06-01T18:00:00Z', trace_id: 'trace-2' })
  expect(await total(venue, 'orders')).toBe(1)
  expect(await quarantineOf(venue)).toEqual([])
})

test('the same event id in two venues is two events', async () => {
  const [one, two] = [unique('v'), unique('v')]
  const order = paid(one)
  expect(await deliver([order, { ...order, venue_id: two }])).toEqual([])
  expect(await total(one, 'orders')).toBe(1)
  expect(await total(two, 'orders')).toBe(1)
})

test('an event that overflows the ledger is found among a hundred and kept apart', async () => {
  const venue = unique('v')
  const items = Array.from({ length: 1025 }, () => ({
    ticket_type_id: 'stalls',
    quantity: 1,
    amount_minor: largest,
  }))
  const huge = paid(venue, { data: { items } })
  const before = Array.from({ length: 60 }, () => paid(venue))
  const after = Array.from({ length: 39 }, () => paid(venue))
  expect(await deliver([...before, huge, ...after], paid(venue))).toEqual([])
  expect(await total(venue, 'orders')).toBe(100)
  expect(await total(venue, 'gross_revenue')).toBe(100 * 9100)
  const kept = await quarantineOf(venue)
  expect(kept.map(({ code, eventId }) => [code, eventId])).toEqual([
    ['refused_by_store', huge.event_id],
  ])
})

test('an event that overflows the sum of its day is refused, what was counted stays', async () => {
  const venue = unique('v')
  const items = Array.from({ length: 600 }, () => ({
    ticket_type_id: 'stalls',
    quantity: 1,
    amount_minor: largest,
  }))
  const [first, second] = [paid(venue, { data: { items } }), paid(venue, { data: { items } })]
  expect(await deliver(first)).toEqual([])
  expect(await deliver(second, paid(venue, {}, { ticket_type_id: 'circle' }))).toEqual([])
  expect(await total(venue, 'orders')).toBe(2)
  const kept = await quarantineOf(venue)
  expect(kept.map(({ code, eventId }) => [code, eventId])).toEqual([
    ['refused_by_store', second.event_id],
  ])
})

test('sums beyond what a double can hold are told digit by digit', async () => {
  const venue = unique('v')
  const items = Array.from({ length: 600 }, () => ({
    ticket_type_id: 'stalls',
    quantity: 1,
    amount_minor: largest,
  }))
  await deliver(paid(venue, { data: { items } }))
  const answer = await askMetric(venue, 'gross_revenue', MetricQuery.parse(year))
  expect(JSON.stringify(answer)).toContain(`"total":${600n * BigInt(largest)}`)
})

test('events of an order count the same whichever of them comes first', async () => {
  const [forth, back] = [unique('v'), unique('v')]
  const history = (venue: string) => [
    paid(venue, { event_id: 'paid', data: { order_id: 'o-1' } }, { quantity: 3 }),
    event(venue, 'order.cancelled', {
      event_id: 'cancelled',
      occurred_at: '2026-06-02T12:00:00Z',
      data: { order_id: 'o-1', items: [{ ticket_type_id: 'stalls', quantity: 1 }] },
    }),
    event(venue, 'order.cancelled', {
      event_id: 'all',
      occurred_at: '2026-06-03T12:00:00Z',
      data: { order_id: 'o-1' },
    }),
  ]
  for (const one of history(forth)) await deliver(one)
  for (const one of history(back).reverse()) await deliver(one)
  for (const metric of ['orders', 'tickets_net', 'tickets_cancelled', 'cancelled_value']) {
    const days = { from: '2026-06-01', to: '2026-06-05' }
    const [a, b] = [await ask(forth, metric, days), await ask(back, metric, days)]
    expect(b.series).toEqual(a.series)
  }
  expect(await total(back, 'tickets_cancelled')).toBe(3)
  expect(await total(back, 'orders_cancelled')).toBe(1)
})

test('an order without a line is no order', async () => {
  const venue = unique('v')
  await deliver(paid(venue, { data: { items: [] } }))
  expect(await total(venue, 'orders')).toBe(0)
})
