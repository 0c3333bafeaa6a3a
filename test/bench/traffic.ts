import type { SQSEvent } from 'aws-lambda'
import { randomOf } from '../oracle/random.ts'
import { delivery, type Sent } from '../support/events.ts'

const minuteMs = 60_000
const shows = Array.from({ length: 12 }, (_, i) => `show-${i}`)
const ticketTypes = ['stalls', 'circle', 'box', 'standing']
const channels = ['online', 'online', 'online', 'box_office', 'phone', 'partner']
const gates = ['north', 'south', 'east', 'west']

/**
 * What one venue sends on an evening, all of it new: 40 % orders of one or two lines, 5 % refunds,
 * 25 % scans, 25 % page views, 5 % searches, of the last hour. A seed gives the same events again.
 */
export function trafficOf(venueId: string, count: number, now: number, seed = 1): Sent[] {
  const random = randomOf(seed)
  const mark = `${venueId}-${seed}`
  return Array.from({ length: count }, (_, i) => {
    const show = random.pick(shows)
    const make = (type: string, source: string, data: object): Sent => ({
      event_id: `${mark}-${i}`,
      type,
      version: 1,
      venue_id: venueId,
      occurred_at: new Date(now - random.below(60 * minuteMs)).toISOString(),
      source,
      event_ref: { event_id: show, session_id: '2026-07-01T19:30:00' },
      actor: {
        customer_id: `customer-${random.below(5000)}`,
        session_id: `s-${random.below(1e6)}`,
      },
      context: { channel: random.pick(channels), country: 'US' },
      data,
    })
    const draw = random.real()
    if (draw < 0.4) return make('order.paid', 'checkout', order(`${mark}-o-${i}`, random))
    if (draw < 0.45) {
      const amounts = { currency: 'USD', amount_minor: 4500 }
      return make('refund.completed', 'checkout', {
        ...amounts,
        refund_id: `${mark}-r-${i}`,
        order_id: `${mark}-o-${random.below(i + 1)}`,
      })
    }
    if (draw < 0.7) {
      const ids = { scan_id: `${mark}-s-${i}`, ticket_id: `${mark}-t-${i}` }
      return make('ticket.scanned', 'scanner', {
        ...ids,
        result: 'ok',
        gate_id: random.pick(gates),
      })
    }
    if (draw < 0.95)
      return make('page.viewed', 'web', { url_path: `/shows/${show}`, page_type: 'event' })
    return make('search.performed', 'web', { query: 'hamlet' })
  })
}

function order(orderId: string, random: ReturnType<typeof randomOf>) {
  const items = Array.from({ length: random.between(1, 2) }, () => ({
    ticket_type_id: random.pick(ticketTypes),
    quantity: random.between(1, 4),
    unit_price_minor: 1000 * random.between(3, 12),
    fees_minor: 250,
  }))
  return { order_id: orderId, currency: 'USD', items, payment_method: 'card' }
}

/** Deliveries of `size` events each, packed in messages of at most `perMessage` events. */
export function deliveriesOf(events: Sent[], size: number, perMessage = 100): SQSEvent[] {
  const deliveries: SQSEvent[] = []
  for (let at = 0; at + size <= events.length; at += size) {
    const batch = events.slice(at, at + size)
    const messages: Sent[][] = []
    for (let i = 0; i < size; i += perMessage) messages.push(batch.slice(i, i + perMessage))
    deliveries.push(delivery(...messages))
  }
  return deliveries
}

let seeds = 0

/** Deliveries that no other call has made: `count` of `size` events of a venue. */
export function freshDeliveries(venueId: string, count: number, size: number, perMessage?: number) {
  seeds += 1
  return deliveriesOf(trafficOf(venueId, count * size, Date.now(), seeds), size, perMessage)
}
