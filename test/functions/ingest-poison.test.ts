import type { SQSEvent } from 'aws-lambda'
import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
import { quarantineOf, unattributedCodes } from '../oracle/rows.ts'
import { delivery, event, paid, unique } from '../support/events.ts'
import { closeStores, context, deliver, total } from '../support/service.ts'

afterAll(closeStores)

const codesOf = async (venue: string) =>
  (await quarantineOf(venue)).map(({ code, path }) => `${code} ${path}`)

test('one malformed message of ten is kept apart, the other nine count', async () => {
  const venue = unique('v')
  const bad = `{"venue_id":"${venue}", "event_id":`
  const orders = Array.from({ length: 9 }, () => paid(venue))
  expect(await deliver(...orders.slice(0, 4), bad, ...orders.slice(4))).toEqual([])
  expect(await total(venue, 'orders')).toBe(9)
  expect(await unattributedCodes(bad)).toEqual(['not_json'])
})

test.each([
  ['an empty message', '', 'not_json'],
  ['null', 'null', 'not_an_event'],
  ['a number', '42', 'not_an_event'],
  ['an empty array', '[]', 'not_an_event'],
  ['an array of null', '[null]', 'not_an_event'],
])('%s is acknowledged and kept for operations', async (_, body, code) => {
  const venue = unique('v')
  expect(await deliver(paid(venue), body, paid(venue))).toEqual([])
  expect(await total(venue, 'orders')).toBe(2)
  expect(await unattributedCodes(body === '[null]' ? 'null' : body)).toContain(code)
})

test('an event without a venue is kept for operations', async () => {
  const { venue_id, ...stray } = paid('v', { event_id: unique('stray') })
  const order = paid(unique('v'))
  expect(await deliver([stray, order])).toEqual([])
  expect(await unattributedCodes(JSON.stringify(stray))).toEqual(['missing_venue'])
  expect(await total(order.venue_id, 'orders')).toBe(1)
})

test('what cannot be an event is kept in its venue, with the field and the reason', async () => {
  const venue = unique('v')
  const order = () => paid(venue)
  const data = { order_id: 'o', currency: 'USD', items: [{ ticket_type_id: 'a', quantity: 1 }] }
  const bad = [
    { ...order(), type: 'order.devoured' },
    { ...order(), version: 2 },
    { ...order(), event_id: '' },
    { ...order(), occurred_at: 'NaN' },
    { ...order(), data: { ...data, currency: 'XXX' } },
    {
      ...order(),
      data: { ...data, items: [{ ticket_type_id: 'a', quantity: -1, amount_minor: 1 }] },
    },
    {
      ...order(),
      data: { ...data, items: [{ ticket_type_id: 'a', quantity: 1.5, amount_minor: 1 }] },
    },
    { ...order(), data },
    { ...order(), data: { ...data, order_id: 'NUL \0' } },
    { ...order(), data: { ...data, order_id: 'half \ud800' } },
    { ...order(), note: 'x'.repeat(256 * 1024) },
    { ...order(), note: JSON.parse('['.repeat(40) + ']'.repeat(40)) },
  ]
  expect(await deliver(...bad, [order(), order()])).toEqual([])
  expect(await total(venue, 'orders')).toBe(2)
  expect((await codesOf(venue)).sort()).toEqual([
    'bad_characters data.order_id',
    'bad_characters data.order_id',
    'invalid data.currency',
    'invalid data.items.0.quantity',
    'invalid data.items.0.quantity',
    'invalid data.items.0.unit_price_minor',
    'invalid event_id',
    'invalid occurred_at',
    `too_deep note${'.0'.repeat(31)}`,
    'too_large ',
    'unknown_type type',
    'unknown_version version',
  ])
})

test('bad events of an array do not hold up the good ones', async () => {
  const venue = unique('v')
  const bad = { ...paid(venue), occurred_at: 'yesterday' }
  expect(await deliver([paid(venue), bad, null, 7, [], paid(venue)])).toEqual([])
  expect(await total(venue, 'orders')).toBe(2)
  expect(await codesOf(venue)).toEqual(['invalid occurred_at'])
})

test('an array of a hundred counts, of a hundred and one does not', async () => {
  const venue = unique('v')
  expect(await deliver(Array.from({ length: 100 }, () => paid(venue)))).toEqual([])
  expect(await total(venue, 'orders')).toBe(100)
  expect(await deliver(Array.from({ length: 101 }, () => paid(venue)))).toEqual([])
  expect(await total(venue, 'orders')).toBe(100)
  expect(await codesOf(venue)).toEqual(['too_many_events '])
})

test('the same bad message again is kept once', async () => {
  const venue = unique('v')
  const bad = { ...paid(venue), type: 'order.devoured' }
  for (let i = 0; i < 3; i += 1) expect(await deliver(bad, bad)).toEqual([])
  expect(await codesOf(venue)).toEqual(['unknown_type type'])
})

test.each([
  ['no records', { Records: [] }],
  ['no list of records', {}],
  ['a record of nothing', { Records: [{}] }],
])('a delivery of %s is survived', async (_, given) => {
  const answer = await ingestEvents(given as unknown as SQSEvent, context)
  expect(answer).toEqual({ batchItemFailures: [] })
})

test('a message without an id counts', async () => {
  const venue = unique('v')
  const given = delivery(paid(venue))
  for (const record of given.Records) delete (record as Partial<typeof record>).messageId
  expect(await ingestEvents(given, context)).toEqual({ batchItemFailures: [] })
  expect(await total(venue, 'orders')).toBe(1)
})

test('five minutes ahead is a clock, ten are a mistake, and no event is too old', async () => {
  const venue = unique('v')
  const at = (ms: number) => paid(venue, { occurred_at: new Date(Date.now() + ms).toISOString() })
  const minute = 60_000
  const ahead = [10 * minute, 24 * 60 * minute]
  await deliver(at(4 * minute), ...ahead.map(at), at(-25 * 60 * minute), at(-40 * 1440 * minute))
  await deliver(paid(venue, { occurred_at: '1985-06-01T12:00:00Z' }))
  await deliver(paid(venue, { occurred_at: '+275760-09-13T00:00:00.000Z' }))
  const ever = { from: '1980-01-01', to: '9000-01-01' }
  expect(await total(venue, 'orders', ever)).toBe(4)
  expect(await codesOf(venue)).toEqual([
    'invalid occurred_at',
    'occurred_in_future occurred_at',
    'occurred_in_future occurred_at',
  ])
})

test('fields nobody knows are no reason to refuse an event', async () => {
  const venue = unique('v')
  const strange = { ...paid(venue), 'field.with.dots': { $where: 1 }, constructor: { name: 'x' } }
  expect(await deliver(strange, event(venue, 'page.viewed', { data: { wind: 'NW' } }))).toEqual([])
  expect(await total(venue, 'orders')).toBe(1)
  expect(await total(venue, 'page_views')).toBe(1)
})
