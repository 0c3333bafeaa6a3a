/**
 * What the events of one venue say, as rows `{ metric, value, at, test, … }` with the dimensions of
 * where they belong. Rows of `line_…` are what distinct orders and buyers are counted from. Shares
 * no line with the service.
 */
import { cancellations } from './cancellations.mjs'

/** The rows of all metrics, of the events of one venue in any order. */
export function rowsOf(events) {
  const facts = events
    .map((event) => ({ ...event, at: Date.parse(event.occurred_at) }))
    .sort(inTime)
  return [...facts.flatMap(factsOf), ...ordersOf(facts), ...admissionsOf(facts)]
}

const inTime = (a, b) => a.at - b.at || (a.event_id < b.event_id ? -1 : 1)

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
        .filter(({ values }) => 'tickets_cancelled' in values)
        .map(({ place }) => ({ ...place, at: cancelled[0].place.at, order: key }))
        .map((line) => ({ ...line, metric: 'line_cancelled' })),
    ]
  })
}

// The first entry of each ticket of each show; entries without a ticket each. Tests apart.
function admissionsOf(events) {
  const seen = new Set()
  return events.flatMap((event) => {
    const { result, direction, ticket_id, gate_id, reason, quantity = 1 } = event.data
    if (event.type !== 'ticket.scanned' || result !== 'ok' || direction === 'exit') return []
    const isTest = event.test_mode === true
    const ticket = JSON.stringify([isTest, event.event_ref?.event_id, ticket_id])
    if (ticket_id !== undefined && seen.has(ticket)) return []
    seen.add(ticket)
    const place = { ...placeOf(event), gate: gate_id, scan_reason: reason }
    return booked(place, { admissions: quantity })
  })
}
