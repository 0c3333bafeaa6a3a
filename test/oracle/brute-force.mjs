/**
 * node test/oracle/brute-force.mjs EVENTS.ndjson: every metric of the contract, computed from the
 * events alone by a program that shares no line with the service. Prints
 * { venue: { metric: { grouping: { key: value } } } }; keys are JSON arrays, those of money begin
 * with the currency. `all` is the whole with test events, everything else leaves them out.
 */
import { readFileSync } from 'node:fs'
import { cancellations } from './cancellations.mjs'
import { clockOf } from './clock.mjs'

const dims = 'event session ticket_type channel currency promo_code gate scan_reason source'
const dimensions = dims.split(' ')
const groupings = ['none', 'all', 'day', 'month', 'hour', ...dimensions]
const money = new Set(
  'gross_revenue discounts taxes fees refunds chargebacks net_revenue cancelled_value'.split(' '),
)

function metricsOf(own) {
  const { timezone, day_start } = own.find((event) => event.type === 'venue.updated').data
  const clock = clockOf(timezone, day_start)
  const facts = own.map((event) => ({ ...event, at: Date.parse(event.occurred_at) })).sort(inTime)
  const counted = [...facts.flatMap(factsOf), ...ordersOf(facts), ...admissionsOf(facts)]
  const metrics = {}
  for (const [metric, rows] of Map.groupBy(counted, (row) => row.metric)) {
    if (metric.startsWith('line_')) continue
    metrics[metric] = grouped(rows, clock, money.has(metric), sum)
  }
  const of = (name) => counted.filter((row) => row.metric === name)
  const buyers = of('line_paid').filter((row) => row.customer !== undefined)
  metrics.unique_buyers = grouped(buyers, clock, false, (rows) => distinct(rows, 'customer'))
  // In groups, orders with a line of the group; an order may have lines in several.
  const orders = (rows) => distinct(rows, 'order')
  for (const [metric, lines] of [
    ['orders', of('line_order')],
    ['orders_cancelled', of('line_cancelled')],
  ]) {
    const groups = grouped(lines, clock, false, orders)
    for (const name of dimensions) if (metrics[metric]) metrics[metric][name] = groups[name]
  }
  metrics.average_order_value = averages(
    grouped(of('gross_revenue'), clock, true, sum),
    grouped(of('line_order'), clock, true, orders),
  )
  return metrics
}

const inTime = (a, b) => a.at - b.at || (a.event_id < b.event_id ? -1 : 1)

const sum = (rows) => rows.reduce((total, row) => total + row.value, 0)
const distinct = (rows, name) => new Set(rows.map((row) => row[name])).size

function averages(tops, bottoms) {
  return Object.fromEntries(
    groupings.map((grouping) => [
      grouping,
      Object.fromEntries(
        Object.entries(bottoms[grouping])
          .filter(([, bottom]) => bottom !== 0)
          .map(([key, bottom]) => [key, (tops[grouping][key] ?? 0) / bottom]),
      ),
    ]),
  )
}

function grouped(rows, clock, isMoney, reduce) {
  const keyOf = (row, grouping) => {
    if (grouping === 'none' || grouping === 'all') return []
    if (grouping in clock) return [clock[grouping](row.at)]
    return [row[grouping] ?? null]
  }
  const real = rows.filter((row) => !row.test)
  return Object.fromEntries(
    groupings.map((grouping) => {
      const whole = grouping === 'all' ? rows : real
      const isSplit = isMoney && grouping !== 'currency'
      const groups = Map.groupBy(whole, (row) =>
        JSON.stringify([...(isSplit ? [row.currency] : []), ...keyOf(row, grouping)]),
      )
      return [grouping, Object.fromEntries([...groups].map(([key, group]) => [key, reduce(group)]))]
    }),
  )
}

function placeOf(event) {
  return {
    at: event.at,
    test: event.test_mode === true,
    event: event.event_ref?.event_id,
    session: event.event_ref?.session_id,
    channel: event.context?.channel,
    source: event.source,
  }
}

function linesOf(event) {
  return event.data.items.map((item) => {
    const amount = item.amount_minor ?? item.quantity * item.unit_price_minor
    return {
      ...placeOf(event),
      order: event.data.order_id,
      customer: event.actor?.customer_id,
      currency: event.data.currency,
      promo_code: event.data.promo_code,
      ticket_type: item.ticket_type_id,
      quantity: item.quantity,
      amount: amount - (item.discount_minor ?? 0),
      item,
    }
  })
}

const booked = (place, values) =>
  Object.entries(values).map(([metric, value]) => ({ ...place, metric, value }))

// What an event says by itself.
function factsOf(event) {
  const { data } = event
  const place = { ...placeOf(event), currency: data.currency }
  switch (event.type) {
    case 'order.paid':
      return linesOf(event).flatMap((line) =>
        booked(line, {
          tickets_sold: line.quantity,
          tickets_net: line.quantity,
          comps: line.item.is_comp ? line.quantity : 0,
          gross_revenue: line.amount,
          net_revenue: line.amount,
          discounts: line.item.discount_minor ?? 0,
          taxes: line.item.tax_minor ?? 0,
          fees: line.item.fees_minor ?? 0,
        }),
      )
    case 'refund.completed': {
      const items = data.items ?? []
      const rest = data.amount_minor - items.reduce((total, item) => total + item.amount_minor, 0)
      const parts = [...items, { quantity: 0, amount_minor: rest }]
      return parts.flatMap(({ ticket_type_id, quantity, amount_minor }) =>
        booked(
          { ...place, ticket_type: ticket_type_id },
          { refunds: amount_minor, net_revenue: -amount_minor, tickets_refunded: quantity },
        ),
      )
    }
    case 'chargeback.opened':
      return booked(place, { chargebacks: data.amount_minor, net_revenue: -data.amount_minor })
    case 'chargeback.closed':
      if (data.outcome !== 'won') return []
      return booked(place, { chargebacks: -data.amount_minor, net_revenue: data.amount_minor })
    case 'ticket.scanned': {
      const gate = { ...place, gate: data.gate_id, scan_reason: data.reason }
      const quantity = data.quantity ?? 1
      if (data.result === 'error') return booked(gate, { scans_rejected: quantity })
      const inside = data.direction === 'exit' ? -quantity : quantity
      return booked(gate, { scans_accepted: quantity, inside_now: inside })
    }
    case 'page.viewed':
      return booked(place, { page_views: 1 })
    case 'search.performed':
      return booked(place, { searches: 1 })
    case 'cart.abandoned':
      return booked({ ...place, currency: undefined }, { carts_abandoned: 1 })
    default:
      return []
  }
}

// What the events of an order say together.
function ordersOf(events) {
  const told = events.filter(({ type }) => type === 'order.paid' || type === 'order.cancelled')
  return [
    ...Map.groupBy(told, (event) => `${event.test_mode === true} ${event.data.order_id}`),
  ].flatMap(([key, history]) => {
    const paid = history.filter(({ type, data }) => type === 'order.paid' && data.items.length > 0)
    const [first] = paid
    if (!first) return []
    const lines = paid.flatMap(linesOf)
    const { currency, promo_code } = first.data
    const order = { ...placeOf(first), currency, promo_code }
    const cancels = history
      .filter(({ type }) => type === 'order.cancelled')
      .map((event) => ({ place: placeOf(event), items: event.data.items }))
    const cancelled = cancellations(lines, cancels)
    return [
      ...booked(order, { orders: 1 }),
      ...lines.map((line) => ({ ...line, metric: 'line_paid', value: 1 })),
      ...lines.map((line) => ({ ...line, at: first.at, order: key, metric: 'line_order' })),
      ...cancelled.flatMap(({ place, values }) => booked(place, values)),
      ...cancelled
        .filter(({ values }) => values.tickets_cancelled > 0)
        .map(({ place }) => ({ ...place, at: cancelled[0].place.at, order: key }))
        .map((line) => ({ ...line, metric: 'line_cancelled' })),
    ]
  })
}

// The first entry of each ticket of each show; entries without a ticket each.
function admissionsOf(events) {
  const seen = new Set()
  return events.flatMap((event) => {
    const { result, direction, ticket_id, gate_id, reason, quantity = 1 } = event.data
    if (event.type !== 'ticket.scanned' || result !== 'ok' || direction === 'exit') return []
    const ticket = JSON.stringify([event.event_ref?.event_id, ticket_id])
    if (ticket_id !== undefined && seen.has(ticket)) return []
    seen.add(ticket)
    const place = { ...placeOf(event), gate: gate_id, scan_reason: reason }
    return booked(place, { admissions: quantity })
  })
}

const events = readFileSync(process.argv[2], 'utf8')
  .trim()
  .split('\n')
  .map((l) => JSON.parse(l))
const answer = {}
for (const [venueId, own] of Map.groupBy(events, (event) => event.venue_id)) {
  answer[venueId] = metricsOf(own)
}
process.stdout.write(JSON.stringify(answer))
