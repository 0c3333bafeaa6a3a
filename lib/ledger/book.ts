import type { EventOf, TicketingEvent } from '../events/registry.ts'
import type { Dimensions, Entry } from './entry.ts'

/**
 * The entries an event makes by itself. What depends on other events (the order's one booking, what
 * a cancellation cancels, a ticket's first entry) is booked by orders.ts and admissions.ts.
 */
export function book(event: TicketingEvent): Entry[] {
  switch (event.type) {
    case 'order.paid':
      return event.data.items.map((line) =>
        entry(event, lineAmounts(line), {
          ticket_type: line.ticket_type_id,
          currency: event.data.currency,
          promo_code: event.data.promo_code ?? null,
        }),
      )
    case 'refund.completed':
      return refund(event)
    case 'chargeback.opened':
      return [entry(event, { chargebacks: event.data.amount_minor }, money(event))]
    case 'chargeback.closed':
      if (event.data.outcome !== 'won') return []
      return [entry(event, { chargebacks: -event.data.amount_minor }, money(event))]
    case 'ticket.scanned':
      return [scan(event)]
    case 'page.viewed':
      return [entry(event, { page_views: 1 })]
    case 'search.performed':
      return [entry(event, { searches: 1 })]
    case 'cart.abandoned':
      return [entry(event, { carts_abandoned: 1 })]
    default:
      return []
  }
}

type Line = EventOf<'order.paid'>['data']['items'][number]

/** What the tickets of a line cost before the discount, minor units. */
export const lineAmount = (line: Line): number =>
  line.amount_minor ?? line.quantity * (line.unit_price_minor ?? 0)

/** What the buyer paid for the tickets of a line: taxes inside, fees not, minor units. */
export const lineValue = (line: Line): number => lineAmount(line) - (line.discount_minor ?? 0)

/** The dimensions of an event, those of its data left open. */
export function dimensionsOf(event: TicketingEvent, own: Partial<Dimensions> = {}): Dimensions {
  return {
    event: event.event_ref?.event_id ?? null,
    session: event.event_ref?.session_id ?? null,
    ticket_type: null,
    channel: event.context?.channel ?? null,
    currency: null,
    promo_code: null,
    gate: null,
    scan_reason: null,
    source: event.source ?? null,
    test_mode: event.test_mode,
    ...own,
  }
}

function entry(
  event: TicketingEvent,
  amounts: Entry['amounts'],
  own: Partial<Dimensions> = {},
): Entry {
  const isSale = event.type === 'order.paid'
  return {
    eventId: event.event_id,
    orderId: 'order_id' in event.data ? (event.data.order_id as string) : null,
    customerRef: isSale ? (event.actor?.customer_id ?? null) : null,
    occurredAt: event.occurredAt.getTime(),
    dimensions: dimensionsOf(event, own),
    amounts,
  }
}

// Zeros that say nothing are left out; tickets and gross stay, they mark the entry as a paid line.
function lineAmounts(line: Line): Entry['amounts'] {
  const amounts: Entry['amounts'] = { tickets_sold: line.quantity, gross_revenue: lineValue(line) }
  if (line.is_comp) amounts.comps = line.quantity
  if (line.discount_minor) amounts.discounts = line.discount_minor
  if (line.tax_minor) amounts.taxes = line.tax_minor
  if (line.fees_minor) amounts.fees = line.fees_minor
  return amounts
}

const money = (event: { data: { currency: string } }): Partial<Dimensions> => ({
  currency: event.data.currency,
})

// Items tell which tickets; what they do not explain of the amount belongs to no ticket type.
function refund(event: EventOf<'refund.completed'>): Entry[] {
  const items = event.data.items ?? []
  const explained = items.reduce((sum, item) => sum + item.amount_minor, 0)
  const rest = event.data.amount_minor - explained
  const entries = items.map((item) =>
    entry(
      event,
      { refunds: item.amount_minor, tickets_refunded: item.quantity },
      { ...money(event), ticket_type: item.ticket_type_id },
    ),
  )
  return rest === 0 ? entries : [...entries, entry(event, { refunds: rest }, money(event))]
}

function scan(event: EventOf<'ticket.scanned'>): Entry {
  const { result, direction, quantity, ticket_id: ticketId } = event.data
  const own = { gate: event.data.gate_id ?? null, scan_reason: event.data.reason ?? null }
  if (result === 'error') return entry(event, { scans_rejected: quantity }, own)
  if (direction === 'exit') {
    return entry(event, { scans_accepted: quantity, inside_now: -quantity }, own)
  }
  const amounts = { scans_accepted: quantity, inside_now: quantity }
  return entry(event, ticketId ? amounts : { ...amounts, admissions: quantity }, own)
}
