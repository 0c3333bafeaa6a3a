import fc from 'fast-check'
import { type Arrival, anyArrivals } from './any-order.ts'
import { clockOf } from './clock.mjs'
import type { Place } from './places.ts'

/** What an event tells, and how it arrives; id and venue come when a history is made of many. */
export type Told = { type: string; occurred_at: string; data: object; arrivals: Arrival[] }

const minute = 60_000
const day = 86_400_000

/**
 * Instants where mistakes are made: at the edges of buckets around the changes of a place's clock,
 * a millisecond or some minutes off; further off more seldom. `start` picks the first change.
 */
export function anyMoment({ timezone, dayStart, changes }: Place): fc.Arbitrary<number> {
  const { startOf } = clockOf(timezone, dayStart)
  const edges = changes.flatMap((change) => {
    const at = Date.parse(change)
    const dates = [-1, 0, 1].map((days) => new Date(at + days * day).toISOString().slice(0, 10))
    return [at, ...dates.map((date): number => startOf(date))]
  })
  const off = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(0, -1, 1, -minute, minute) },
    { weight: 5, arbitrary: fc.integer({ min: -180, max: 180 }).map((n) => n * minute) },
    { weight: 2, arbitrary: fc.integer({ min: -2 * day, max: 2 * day }) },
    { weight: 1, arbitrary: fc.integer({ min: -60, max: 60 }).map((n) => n * day) },
  )
  return fc.tuple(fc.constantFrom(...edges), off).map(([edge, by]) => edge + by)
}

const absent = fc.constant(undefined)
const maybe = <T>(arbitrary: fc.Arbitrary<T>, of = 3) =>
  fc.oneof({ withCrossShrink: true }, absent, { weight: of, arbitrary })
const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ withCrossShrink: true }, { weight: 5, arbitrary: absent }, arbitrary)
const ticketType = fc.constantFrom('stalls', 'circle', 'box')
const amount = fc.integer({ min: 1, max: 3000 })
const currency = fc.oneof(
  { weight: 19, arbitrary: fc.constant('EUR') },
  { weight: 1, arbitrary: fc.constant('JPY') },
)

const count = fc.integer({ min: 0, max: 4 })
const line = fc.oneof(
  fc.record({
    ticket_type_id: ticketType,
    quantity: fc.constant(0),
    amount_minor: maybe(amount).map((minor) => minor ?? 0),
  }),
  {
    weight: 6,
    arbitrary: fc.record({
      ticket_type_id: ticketType,
      quantity: fc.integer({ min: 1, max: 4 }),
      amount_minor: maybe(amount, 6).map((minor) => minor ?? 0),
      discount_minor: seldom(fc.integer({ min: 0, max: 500 })),
      tax_minor: seldom(amount),
      fees_minor: seldom(amount),
      is_comp: seldom(fc.boolean()),
    }),
  },
)
const items = fc.array(fc.record({ ticket_type_id: ticketType, quantity: count }), {
  minLength: 1,
  maxLength: 2,
})

/** Any events of one place: orders with what becomes of them, entries and exits, page views. */
export function anyEvents(place: Place, atMost: number): fc.Arbitrary<Told[]> {
  const moment = anyMoment(place)
  const event = (type: string, data: fc.Arbitrary<object>, isSale = false): fc.Arbitrary<Told> =>
    fc.record({
      type: fc.constant(type),
      occurred_at: moment.map((at) => new Date(at).toISOString()),
      test_mode: fc.oneof({ weight: 15, arbitrary: absent }, fc.constant(true)),
      event_ref: maybe(fc.record({ event_id: fc.constantFrom('e1', 'e2') })),
      context: maybe(fc.record({ channel: fc.constantFrom('online', 'phone') })),
      source: seldom(fc.constantFrom('web', 'app')),
      actor: isSale ? maybe(fc.record({ customer_id: fc.constantFrom('c1', 'c2', 'c3') })) : absent,
      data,
      arrivals: anyArrivals,
    })

  const paid = event(
    'order.paid',
    fc.record({
      currency,
      promo_code: seldom(fc.constant('EARLY')),
      items: fc.array(line, { minLength: 1, maxLength: 3 }),
    }),
    true,
  )
  const money = fc.record({ currency, amount_minor: amount })
  const refunded = fc.record({
    refund_id: fc.constantFrom('r1', 'r2'),
    currency,
    amount_minor: amount,
    items: maybe(
      fc.array(fc.record({ ticket_type_id: ticketType, quantity: count, amount_minor: amount }), {
        maxLength: 2,
      }),
    ),
  })
  const disputed = fc
    .tuple(money, maybe(fc.constantFrom('won', 'lost')))
    .map(([told, outcome]) => ({ ...told, outcome }))
  // One order: paid once as a rule, then perhaps cancelled, given back, disputed. Each has a time
  // of its own, so that anything may come before the payment; without a payment nobody knows it.
  const order = fc
    .tuple(
      fc.oneof(
        { withCrossShrink: true },
        fc.constant([]),
        { weight: 8, arbitrary: fc.tuple(paid) },
        { weight: 2, arbitrary: fc.tuple(paid, paid) },
      ),
      fc.array(event('order.cancelled', fc.record({ items: maybe(items, 2) })), { maxLength: 2 }),
      fc.array(event('refund.completed', refunded), { maxLength: 1 }),
      seldom(event('chargeback.opened', money)),
      seldom(event('chargeback.closed', disputed)),
    )
    .map((parts) => parts.flat().filter((part) => part !== undefined))
  const scan = event(
    'ticket.scanned',
    fc.record({
      scan_id: fc.constantFrom('s1', 's2'),
      ticket_id: maybe(fc.constantFrom('t1', 't2', 't3')),
      result: fc.constantFrom('ok', 'ok', 'ok', 'error'),
      reason: seldom(fc.constant('wrong gate')),
      direction: maybe(fc.constantFrom('entry', 'exit')),
      gate_id: maybe(fc.constantFrom('north', 'south')),
      quantity: seldom(fc.integer({ min: 0, max: 5 })),
    }),
  )
  const visit = fc.oneof(
    event('page.viewed', fc.constant({})),
    event('search.performed', fc.constant({})),
    event('cart.abandoned', fc.constant({})),
  )
  return fc
    .tuple(
      fc.array(order, { maxLength: Math.ceil(atMost / 3) }),
      fc.array(scan, { maxLength: Math.ceil(atMost / 3) }),
      fc.array(visit, { maxLength: Math.ceil(atMost / 10) }),
    )
    .map(([orders, scans, visits]) => [
      ...orders.flatMap((events, i) =>
        events.map((told) => ({ ...told, data: { order_id: `o${i + 1}`, ...told.data } })),
      ),
      ...scans,
      ...visits,
    ])
}
