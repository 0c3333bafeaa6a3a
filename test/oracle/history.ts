import { type Sent, unique } from '../support/events.ts'
import type { Random } from './random.ts'

/** A venue of a made-up history: its clock, its months, and a week in which the clock changes. */
export type Plan = {
  venueId: string
  timezone: string
  dayStart: string
  currencies: string[]
  from: string
  to: string
  changes: string[]
  week: [from: string, to: string]
}

const planOf = (
  timezone: string,
  dayStart: string,
  currencies: string[],
  span: [string, string],
  changes: string[],
  week: [string, string],
): Plan => {
  const [from, to] = span
  return { venueId: unique('v'), timezone, dayStart, currencies, from, to, changes, week }
}

/** Venues of five clocks: late days, half-hour summer time, midnights that do not exist. */
export const plans = (): Plan[] => [
  planOf(
    'America/New_York',
    '06:00',
    ['USD'],
    ['2025-02-01', '2025-12-01'],
    ['2025-03-09T07:00:00Z', '2025-11-02T06:00:00Z'],
    ['2025-10-30T00:00:00-04:00', '2025-11-06T00:00:00-05:00'],
  ),
  planOf(
    'Europe/Berlin',
    '00:00',
    ['EUR', 'CHF', 'JPY'],
    ['2025-01-01', '2025-12-01'],
    ['2025-03-30T01:00:00Z', '2025-10-26T01:00:00Z'],
    ['2025-03-27T00:00:00+01:00', '2025-04-03T00:00:00+02:00'],
  ),
  planOf(
    'Australia/Lord_Howe',
    '00:00',
    ['AUD', 'NZD'],
    ['2025-02-01', '2025-12-01'],
    ['2025-04-05T15:00:00Z', '2025-10-04T15:30:00Z'],
    ['2025-04-03T00:00:00+11:00', '2025-04-10T00:00:00+10:30'],
  ),
  planOf(
    'America/Sao_Paulo',
    '00:00',
    ['BRL'],
    ['2018-09-01', '2019-04-01'],
    ['2018-11-04T03:00:00Z', '2019-02-17T02:00:00Z'],
    ['2018-11-01T00:00:00-03:00', '2018-11-08T00:00:00-02:00'],
  ),
  planOf(
    'Asia/Kolkata',
    '04:30',
    ['INR', 'USD', 'KWD'],
    ['2025-01-01', '2025-07-01'],
    [],
    ['2025-03-01T00:00:00+05:30', '2025-03-08T00:00:00+05:30'],
  ),
]

const ticketTypes = ['stalls', 'circle', 'box', 'standing']
const channels = ['online', 'box_office', 'phone', 'partner']
const sources = ['checkout', 'box_office', 'web', 'import']

type Maker = (type: string, data: object, told?: Record<string, unknown>) => Sent

/** About `count` events of one venue, in no order. Whatever the contract allows may occur. */
export function historyOf(plan: Plan, random: Random, count: number): Sent[] {
  const make = makerOf(plan, random)
  const settled = {
    timezone: plan.timezone,
    currency: plan.currencies[0],
    day_start: plan.dayStart,
    week_start: 'monday',
  }
  const told = { occurred_at: '1980-01-01T00:00:00Z', event_ref: undefined, test_mode: undefined }
  const events = [make('venue.updated', settled, told)]
  const orders = Array.from({ length: Math.round(count * 0.32) }, (_, i) => `o-${i}`)
  for (const orderId of orders) events.push(...payments(orderId, plan, random, make))
  const order = () => (random.chance(0.06) ? `unknown-${random.below(9)}` : random.pick(orders))
  const makers = [
    ...Array.from({ length: 8 }, () => () => cancellation(order(), random, make)),
    ...Array.from({ length: 5 }, () => () => refund(order(), plan, random, make)),
    ...Array.from({ length: 3 }, () => () => chargeback(order(), plan, random, make)),
    ...Array.from({ length: 12 }, () => () => scan(random, make)),
    ...Array.from({ length: 3 }, () => () => make('page.viewed', { url_path: '/shows' })),
    ...Array.from({ length: 2 }, () => () => make('search.performed', { query: 'hamlet' })),
    () => make('cart.abandoned', { cart_id: `cart-${random.below(1000)}` }),
  ]
  while (events.length < count) events.push(random.pick(makers)())
  return random.shuffled(events)
}

function makerOf(plan: Plan, random: Random): Maker {
  let made = 0
  return (type, data, told = {}) => {
    made += 1
    return {
      event_id: `e-${random.below(1e9).toString(36)}-${made}`,
      type,
      version: 1,
      venue_id: plan.venueId,
      occurred_at: moment(plan, random),
      ...(random.chance(0.85) && { source: random.pick(sources) }),
      ...(random.chance(0.9) && {
        event_ref: {
          event_id: `show-${random.below(6)}`,
          ...(random.chance(0.5) && { session_id: `night-${random.below(4)}` }),
        },
      }),
      ...(random.chance(0.8) && { context: { channel: random.pick(channels) } }),
      ...(random.chance(0.04) && { test_mode: true }),
      data,
      ...told,
    }
  }
}

// Whole minutes make ties, hours around a change of the clock make mistakes, 1985 is merely late.
function moment(plan: Plan, random: Random): string {
  const [from, to] = [Date.parse(plan.from), Date.parse(plan.to)]
  let at = from + random.below(to - from)
  if (random.chance(0.02)) at = Date.UTC(1985, random.below(12), random.between(1, 28), 12)
  else if (plan.changes.length > 0 && random.chance(0.3)) {
    at = Date.parse(random.pick(plan.changes)) + random.between(-3 * 3600e3, 3 * 3600e3)
  } else if (random.chance(0.15)) at = Date.parse(plan.week[0]) + random.below(7 * 86400e3)
  const step = random.pick([1, 1000, 60_000, 900_000])
  at = Math.floor(at / step) * step
  if (random.chance(0.5)) return new Date(at).toISOString()
  const [text, shift] = random.pick([
    ['+05:30', 330],
    ['-03:00', -180],
    ['+14:00', 840],
  ] as const)
  return new Date(at + shift * 60_000).toISOString().replace('Z', text)
}

function payments(orderId: string, plan: Plan, random: Random, make: Maker): Sent[] {
  const isTest = random.chance(0.04)
  const told = () => ({
    test_mode: isTest,
    ...(random.chance(0.7) && { actor: { customer_id: `c-${random.below(80)}` } }),
  })
  const paid = () => {
    const items = Array.from({ length: random.chance(0.02) ? 0 : random.between(1, 4) }, () =>
      line(random),
    )
    const currency = random.chance(0.7) ? plan.currencies[0] : random.pick(plan.currencies)
    const promo_code = random.maybe(0.2, () => random.pick(['EARLY', 'FRIENDS']))
    return make('order.paid', { order_id: orderId, currency, items, promo_code }, told())
  }
  return random.chance(0.1) ? [paid(), paid()] : [paid()]
}

function line(random: Random) {
  const quantity = random.chance(0.06) ? 0 : random.between(1, 7)
  const price = random.chance(0.1) ? 0 : random.between(1, 20_000)
  const isComp = random.chance(0.08)
  return {
    ticket_type_id: random.pick(ticketTypes),
    quantity,
    ...(random.chance(0.5)
      ? { unit_price_minor: isComp ? 0 : price }
      : { amount_minor: isComp ? 0 : price * 3 }),
    discount_minor: random.maybe(0.2, () => random.below(random.chance(0.2) ? 90_000 : price + 1)),
    tax_minor: random.maybe(0.4, () => random.below(2000)),
    fees_minor: random.maybe(0.4, () => random.below(900)),
    is_comp: isComp || random.maybe(0.3, () => false),
  }
}

function cancellation(orderId: string, random: Random, make: Maker): Sent {
  if (random.chance(0.35)) return make('order.cancelled', { order_id: orderId })
  const items = Array.from({ length: random.between(1, 3) }, () => ({
    ticket_type_id: random.pick(ticketTypes),
    quantity: random.between(0, 5),
  }))
  return make('order.cancelled', { order_id: orderId, items })
}

function refund(orderId: string, plan: Plan, random: Random, make: Maker): Sent {
  const items = Array.from({ length: random.between(1, 2) }, () => ({
    ticket_type_id: random.pick(ticketTypes),
    quantity: random.between(0, 3),
    amount_minor: random.between(0, 9000),
  }))
  const amount_minor = random.between(1, 200_000)
  const currency = random.pick(plan.currencies)
  const common = { refund_id: `r-${random.below(1e9)}`, order_id: orderId, currency, amount_minor }
  return make('refund.completed', random.chance(0.5) ? { ...common, items } : common)
}

function chargeback(orderId: string, plan: Plan, random: Random, make: Maker): Sent {
  const [type, outcome] = random.pick([
    ['chargeback.opened', undefined],
    ['chargeback.closed', 'won'],
    ['chargeback.closed', 'lost'],
    ['chargeback.closed', undefined],
  ] as const)
  const amount_minor = random.between(1, 90_000)
  const currency = random.pick(plan.currencies)
  return make(type, { order_id: orderId, currency, amount_minor, outcome, fee_minor: 1500 })
}

function scan(random: Random, make: Maker): Sent {
  const isTest = random.chance(0.04)
  const data = {
    scan_id: `s-${random.below(1e9)}`,
    ticket_id: random.maybe(0.8, () => `${isTest ? 'test' : 't'}-${random.below(60)}`),
    result: random.chance(0.85) ? 'ok' : 'error',
    reason: random.maybe(0.15, () => random.pick(['unknown ticket', 'wrong gate'])),
    direction: random.maybe(0.5, () => random.pick(['entry', 'exit'])),
    gate_id: random.maybe(0.8, () => random.pick(['north', 'south', 'stage door'])),
    quantity: random.maybe(0.2, () => random.between(0, 30)),
  }
  return make('ticket.scanned', data, { test_mode: isTest })
}
