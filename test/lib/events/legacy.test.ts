import { currencyExponent, minorUnits } from '../../../lib/events/currency.ts'
import { openEvent, openMessage } from '../../../lib/events/door.ts'
import { aliases, type EventOf } from '../../../lib/events/registry.ts'
import { settleCurrency } from '../../../lib/events/unsettled.ts'

const options = { messageId: 'm-1', now: new Date('2026-06-02T00:00:00Z'), secret: 'secret' }
const flat = (metadata?: object, type = 'ticket_purchase') => ({
  venue_id: 'v1',
  event_type: type,
  timestamp: '2016-07-01T19:30:00Z',
  ...(metadata && { metadata }),
})
const openFlat = (metadata?: object, type?: string) =>
  openMessage(JSON.stringify(flat(metadata, type)), options)[0]

function settled(metadata: object, venueCurrency: string) {
  const opened = openFlat(metadata)
  if (!opened?.ok) throw new Error(opened?.message)
  return settleCurrency(opened.event, venueCurrency) as EventOf<'order.paid'>
}

test('a purchase of the old service becomes an order', () => {
  const opened = openFlat({
    order_id: 'o1',
    event_id: 'e1',
    ticket_type: 'vip',
    quantity: 2,
    price: 12.5,
    currency: 'usd',
    customer_id: 'jane',
  })
  expect(opened).toMatchObject({
    ok: true,
    event: {
      event_id: 'm-1',
      type: 'order.paid',
      event_ref: { event_id: 'e1' },
      actor: { customer_id: expect.stringMatching(/^c_.{22}$/) },
      data: {
        order_id: 'o1',
        currency: 'USD',
        items: [{ ticket_type_id: 'vip', quantity: 2, unit_price_minor: 1250 }],
      },
    },
  })
})

test('what a purchase leaves out has its defaults', () => {
  expect(openFlat()).toMatchObject({
    ok: true,
    event: {
      legacy: true,
      data: { order_id: 'm-1', items: [{ ticket_type_id: 'general', quantity: 1 }] },
    },
  })
  expect(settled({}, 'EUR').data).toEqual({
    order_id: 'm-1',
    currency: 'EUR',
    items: [{ ticket_type_id: 'general', quantity: 1, amount_minor: 0 }],
  })
})

test.each([
  ['USD', { price: 0.1 + 0.2 }, { unit_price_minor: 30 }],
  ['USD', { price: '19.99' }, { unit_price_minor: 1999 }],
  ['USD', { price: 1.005 }, { unit_price_minor: 101 }],
  ['USD', { amount: 4.35 }, { amount_minor: 435 }],
  ['USD', { price: 2, quantity: 3, amount: 5.5 }, { amount_minor: 550 }],
  ['JPY', { price: 1500 }, { unit_price_minor: 1500 }],
  ['JPY', { price: 0.5 }, { unit_price_minor: 1 }],
  ['KWD', { price: 1.2345 }, { unit_price_minor: 1235 }],
  ['KWD', { price: 1e-7 }, { unit_price_minor: 0 }],
  ['USD', { price: 1e3 }, { unit_price_minor: 100000 }],
])('in a venue of %s %j is %j', (currency, metadata, money) => {
  expect(settled(metadata, currency).data).toMatchObject({ currency, items: [money] })
  const named = openFlat({ ...metadata, currency })
  expect(named).toMatchObject({ ok: true, event: { data: { currency, items: [money] } } })
})

test('an order without a currency keeps its decimal on its way through the queue', () => {
  const opened = openFlat({ price: '10.10', user_id: 7 })
  if (!opened?.ok) throw new Error(opened?.message)
  const again = openEvent(JSON.parse(JSON.stringify(opened.raw)), {
    ...options,
    messageId: 'm-2',
    index: 0,
    trusted: true,
  })
  expect(again).toEqual(opened)
  expect(opened.event.data).toMatchObject({ items: [{ unit_price_major: '10.10' }] })
})

test.each([
  [{ price: -1 }, 'metadata.price'],
  [{ price: '12,50' }, 'metadata.price'],
  [{ price: '$12' }, 'metadata.price'],
  [{ price: true }, 'metadata.price'],
  [{ amount: '1e30' }, 'metadata.amount'],
  [{ amount: '1e999' }, 'metadata.amount'],
  [{ price: 90071992547409, quantity: 1000 }, 'metadata.price'],
  [{ price: 1, quantity: -1 }, 'metadata.quantity'],
  [{ price: 1, quantity: 1.5 }, 'metadata.quantity'],
  [{ price: 1, currency: 'ABC' }, 'metadata.currency'],
  [{ price: 1, ticket_type: {} }, 'metadata.ticket_type'],
])('%j is refused at %s', (metadata, path) => {
  expect(openFlat(metadata)).toMatchObject({ ok: false, code: 'invalid', path, eventId: 'm-1' })
})

test.each([
  [{ ...flat(), timestamp: undefined }, 'invalid', 'timestamp'],
  [{ ...flat(), timestamp: '2016-07-01' }, 'invalid', 'timestamp'],
  [{ ...flat(), timestamp: 1e17 }, 'invalid', 'timestamp'],
  [{ ...flat(), timestamp: '2027-01-01T00:00:00Z' }, 'occurred_in_future', 'timestamp'],
  [{ ...flat(), venue_id: undefined }, 'missing_venue', 'venue_id'],
  [{ ...flat(), event_type: 'eaten' }, 'unknown_type', 'event_type'],
  [{ ...flat(), metadata: 'x' }, 'invalid', 'metadata'],
])('%j is %s at %s', (message, code, path) => {
  expect(openMessage(JSON.stringify(message), options)).toMatchObject([{ ok: false, code, path }])
})

test('a timestamp may be milliseconds', () => {
  const [opened] = openMessage(JSON.stringify({ ...flat(), timestamp: 1467401400000 }), options)
  expect(opened).toMatchObject({ ok: true, raw: { occurred_at: '2016-07-01T19:30:00.000Z' } })
})

test('in an array each message has the id of its place', () => {
  const opened = openMessage(JSON.stringify([flat(), flat()]), options)
  expect(opened).toMatchObject([{ event: { event_id: 'm-1:0' } }, { event: { event_id: 'm-1:1' } }])
})

test.each(Object.entries(aliases))('a flat %s is a %s', (alias, type) => {
  const metadata = type === 'venue.updated' ? { timezone: 'UTC', currency: 'EUR' } : {}
  expect(openFlat(metadata, alias)).toMatchObject({ ok: true, event: { type } })
})

test('the fields of the other types go by the same names', () => {
  const metadata = { ticket_id: 12, event_id: 'e1', gate_id: 'north', direction: 'exit', x: 1 }
  expect(openFlat(metadata, 'ticket-scan')).toMatchObject({
    ok: true,
    event: {
      event_ref: { event_id: 'e1' },
      data: { scan_id: 'm-1', ticket_id: '12', result: 'ok', gate_id: 'north', direction: 'exit' },
    },
    raw: { data: { x: 1 } },
  })
})

test('decimals are exact and half goes away from zero', () => {
  expect(minorUnits('0.005', 2)).toBe(1n)
  expect(minorUnits('-0.005', 2)).toBe(-1n)
  expect(minorUnits('0.0049999999999999999999', 2)).toBe(0n)
  expect(minorUnits(1e21, 0)).toBe(10n ** 21n)
  expect(minorUnits('1e-400', 2)).toBe(0n)
  expect(minorUnits('', 2)).toBeUndefined()
  expect(minorUnits('1.', 2)).toBeUndefined()
  expect([currencyExponent('JPY'), currencyExponent('KWD'), currencyExponent('EUR')]).toEqual([
    0, 3, 2,
  ])
})
