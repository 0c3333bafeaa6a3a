import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { quarantineOf } from '../oracle/rows.ts'
import { delivery, event, unique } from '../support/events.ts'
import { ask, closeStores, context, deliver, total } from '../support/service.ts'

afterAll(closeStores)

const nothingFailed = { batchItemFailures: [] }
const at = { occurred_at: '2026-01-01T00:00:00Z' }
const flat = (venue_id: string, event_type: string, metadata: object = {}) => ({
  venue_id,
  event_type,
  timestamp: '2026-06-01T16:00:00Z',
  metadata,
})
const countedIds = (venue: string) =>
  withTenant(venue, async (tx) => {
    const rows = await tx<{ eventId: string }[]>`
      select event_id from inbox where venue_id = ${venue} order by event_id`
    return rows.map((row) => row.eventId)
  })

test('a flat message is known by the id of its message, and counts once', async () => {
  const venue = unique('v')
  const given = delivery(flat(venue, 'ticket_purchase', { price: 45.5, quantity: 2 }))
  for (let i = 0; i < 3; i += 1) expect(await ingestEvents(given, context)).toEqual(nothingFailed)
  expect(await total(venue, 'orders')).toBe(1)
  expect(await total(venue, 'tickets_sold')).toBe(2)
  expect(await total(venue, 'gross_revenue')).toBe(9100)
  expect(await countedIds(venue)).toEqual([given.Records[0]?.messageId])
})

test('flat messages of an array are known by their place in it', async () => {
  const venue = unique('v')
  const one = flat(venue, 'ticket-purchase', { price: '10' })
  const given = delivery([one, one, one])
  expect(await ingestEvents(given, context)).toEqual(nothingFailed)
  expect(await ingestEvents(given, context)).toEqual(nothingFailed)
  const id = given.Records[0]?.messageId
  expect(await countedIds(venue)).toEqual([`${id}:0`, `${id}:1`, `${id}:2`])
  expect(await total(venue, 'orders')).toBe(3)
  expect(await total(venue, 'gross_revenue')).toBe(3000)
})

test('the same flat message sent twice is two purchases', async () => {
  const venue = unique('v')
  const one = flat(venue, 'ticket.purchased', { amount: 20 })
  await deliver(one, one)
  expect(await total(venue, 'orders')).toBe(2)
})

test.each([
  ['JPY', 'Asia/Tokyo', '1250', 1250],
  ['KWD', 'Asia/Kuwait', '12.345', 12_345],
  ['EUR', 'Europe/Berlin', '12.345', 1235],
])(
  'prices without a currency are in the money of the venue: %s',
  async (currency, timezone, price, minor) => {
    const venue = unique('v')
    await deliver(event(venue, 'venue.updated', { ...at, data: { timezone, currency } }))
    await deliver(flat(venue, 'ticket_purchase', { price, quantity: 1 }))
    const query = { from: '2026-06-01', to: '2026-06-03', granularity: 'none' }
    const answer = await ask(venue, 'gross_revenue', query)
    expect([answer.currency, answer.total]).toEqual([currency, minor])
  },
)

test('a currency that is told in the same batch holds for its prices', async () => {
  const venue = unique('v')
  const settings = { timezone: 'Asia/Tokyo', currency: 'JPY' }
  await deliver(
    flat(venue, 'ticket_purchase', { amount: '900' }),
    event(venue, 'venue.updated', { ...at, data: settings }),
  )
  expect(await total(venue, 'gross_revenue', { currency: 'JPY' })).toBe(900)
})

test('the other flat messages count by their old names', async () => {
  const venue = unique('v')
  const names = ['ticket_scan', 'ticket-scan', 'page_view', 'page-view', 'cart_abandonment']
  await deliver(
    ...names.map((name) => flat(venue, name)),
    flat(venue, 'search_query', { query: 'x' }),
  )
  await deliver(flat(venue, 'user_action', { action: 'share' }))
  expect(await total(venue, 'scans_accepted')).toBe(2)
  expect(await total(venue, 'page_views')).toBe(2)
  expect(await total(venue, 'carts_abandoned')).toBe(1)
  expect(await total(venue, 'searches')).toBe(1)
})

test('orders, shows, ticket types and buyers of flat messages are taken over', async () => {
  const venue = unique('v')
  const facts = { event_id: 'show-7', ticket_type: 'balcony', user_id: 42, order_id: 1001 }
  await deliver(
    flat(venue, 'ticket_purchase', { ...facts, price: 1 }),
    flat(venue, 'ticket_purchase', {
      ...facts,
      ticket_type: 'stalls',
      amount: 2,
      customer_id: '42',
    }),
    flat(venue, 'ticket_purchase', { price: 5 }),
  )
  expect(await total(venue, 'orders')).toBe(2)
  expect(await total(venue, 'unique_buyers')).toBe(1)
  const query = { from: '2026-06-01', to: '2026-06-02', granularity: 'none' }
  const { series } = await ask(venue, 'gross_revenue', { ...query, group_by: 'event,ticket_type' })
  expect(series.map(({ key, total }) => [key.event, key.ticket_type, total])).toEqual([
    ['show-7', 'balcony', 100],
    ['show-7', 'stalls', 200],
    [null, 'general', 500],
  ])
})

test('a flat message that cannot be counted names the field of the old form', async () => {
  const venue = unique('v')
  await deliver(
    flat(venue, 'ticket_purchase', { price: 'a lot' }),
    flat(venue, 'ticket_purchase', { price: -1 }),
    flat(venue, 'ticket_purchase', { price: 1, quantity: 'two' }),
    { ...flat(venue, 'page_view'), timestamp: 'noon' },
    flat(venue, 'ticket_burnt'),
  )
  const kept = await quarantineOf(venue)
  expect(kept.map(({ path }) => path).sort()).toEqual([
    'event_type',
    'metadata.price',
    'metadata.price',
    'metadata.quantity',
    'timestamp',
  ])
  expect(kept.every(({ eventId }) => eventId !== null)).toBe(true)
})
