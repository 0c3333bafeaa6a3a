import type { TicketingEvent } from '../events/registry.ts'
import { dimensionsOf, lineValue } from './book.ts'
import type { Dimensions, Entry } from './entry.ts'

/** What one event told about an order; all of an order's facts together decide its bookings. */
export type OrderEvent = {
  orderId: string
  eventId: string
  occurredAt: number
  dimensions: Dimensions
} & (
  | {
      kind: 'paid'
      lines: { ticketType: string; quantity: number; value: number }[]
      /** The visit and the cart that it took, for the sweep of carts. */
      sessionId?: string | undefined
      cartId?: string | undefined
    }
  | { kind: 'cancelled'; items: { ticketType: string; quantity: number }[] | null }
)

/** Facts of one order have one key. A rehearsal under a real order's id must not move the real one. */
export const orderKey = ({ orderId, dimensions }: OrderEvent): string =>
  `${dimensions.test_mode} ${orderId}`

/**
 * Whether any order was paid by events of different dimensions. Such an order counts once in the
 * whole, but in every group that paid a line of it.
 */
export function isAnySplit(facts: OrderEvent[]): boolean {
  const paid = Map.groupBy(facts, (fact) => `${fact.kind} ${orderKey(fact)}`)
  return [...paid.values()].some((own) => {
    if (own.length === 1) return false
    const told = new Set(
      own.map(({ dimensions }) => JSON.stringify(Object.entries(dimensions).sort())),
    )
    return told.size > 1
  })
}

/** The order fact in an event, undefined where it tells nothing about an order's tickets. */
export function orderEventOf(event: TicketingEvent): OrderEvent | undefined {
  const common = { eventId: event.event_id, occurredAt: event.occurredAt.getTime() }
  if (event.type === 'order.paid') {
    const { order_id: orderId, currency, promo_code, items, cart_id: cartId } = event.data
    if (items.length === 0) return undefined // an order is one with a paid line
    const lines = items.map((line) => ({
      ticketType: line.ticket_type_id,
      quantity: line.quantity,
      value: lineValue(line),
    }))
    const dimensions = dimensionsOf(event, { currency, promo_code: promo_code ?? null })
    const sessionId = event.actor?.session_id
    return { ...common, kind: 'paid', orderId, dimensions, lines, sessionId, cartId }
  }
  if (event.type === 'order.cancelled') {
    const { order_id: orderId, items } = event.data
    const named = items?.map((item) => ({
      ticketType: item.ticket_type_id,
      quantity: item.quantity,
    }))
    const dimensions = dimensionsOf(event)
    return { ...common, kind: 'cancelled', orderId, dimensions, items: named ?? null }
  }
  return undefined
}

type Lot = {
  dimensions: Dimensions
  ticketType: string
  quantity: number
  value: number
  taken: number
  valueTaken: number
  isGone: boolean
}

/**
 * The bookings of one order from all of its facts, in whatever order they came: the order counts
 * once, at its first payment; a cancellation takes tickets that were paid and not yet cancelled,
 * at its own time. An order nobody paid (as far as we know) books nothing.
 */
export function bookOrder(facts: OrderEvent[]): Entry[] {
  const sorted = [...facts].sort(byTime)
  const paid = sorted.filter((fact) => fact.kind === 'paid')
  const first = paid[0]
  if (!first) return []

  const lots: Lot[] = paid.flatMap((fact) =>
    fact.lines.map((line) => ({
      ...line,
      dimensions: fact.dimensions,
      taken: 0,
      valueTaken: 0,
      isGone: false,
    })),
  )
  const entries: Entry[] = [bookingOf(first, first.dimensions, { orders: 1 })]
  let isCounted = false
  for (const fact of sorted) {
    if (fact.kind !== 'cancelled') continue
    const taken = takeFrom(lots, fact.items)
    for (const { lot, quantity, value } of taken) {
      const dimensions = cancelledDimensions(fact.dimensions, lot)
      entries.push(
        bookingOf(fact, dimensions, { tickets_cancelled: quantity, cancelled_value: value }),
      )
    }
    const [firstTaken] = taken
    if (!firstTaken || isCounted) continue
    isCounted = true
    const dimensions = {
      ...cancelledDimensions(fact.dimensions, firstTaken.lot),
      ticket_type: null,
    }
    entries.push(bookingOf(fact, dimensions, { orders_cancelled: 1 }))
  }
  return entries
}

function byTime(a: OrderEvent, b: OrderEvent): number {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt - b.occurredAt
  return a.eventId < b.eventId ? -1 : 1
}

function takeFrom(lots: Lot[], items: { ticketType: string; quantity: number }[] | null) {
  const taken: { lot: Lot; quantity: number; value: number }[] = []
  const take = (lot: Lot, quantity: number) => {
    const before = lot.valueTaken
    lot.taken += quantity
    lot.isGone = lot.taken === lot.quantity
    lot.valueTaken = lot.isGone ? lot.value : shareOf(lot)
    taken.push({ lot, quantity, value: lot.valueTaken - before })
  }
  if (items === null) {
    for (const lot of lots) {
      // A line of neither tickets nor value has nothing to cancel, and could leave no trace.
      const isNothing = lot.quantity === 0 && lot.value === 0
      if (!lot.isGone && !isNothing) take(lot, lot.quantity - lot.taken)
    }
    return taken
  }
  for (const item of items) {
    let wanted = item.quantity
    for (const lot of lots) {
      const quantity = Math.min(wanted, lot.quantity - lot.taken)
      if (lot.ticketType !== item.ticketType || quantity <= 0) continue
      take(lot, quantity)
      wanted -= quantity
    }
  }
  return taken
}

// Shares are differences of rounded running totals, so the parts of a line sum to the line. Half
// up, also where a discount makes the line negative: the division of whole numbers cuts off.
function shareOf(lot: Lot): number {
  const divisor = 2n * BigInt(lot.quantity)
  const dividend = 2n * BigInt(lot.value) * BigInt(lot.taken) + BigInt(lot.quantity)
  const isCutUp = dividend < 0n && dividend % divisor !== 0n
  return Number(dividend / divisor - (isCutUp ? 1n : 0n))
}

// The cancelled line tells what was sold; the message may know better where it was sold.
const cancelledDimensions = (told: Dimensions, lot: Lot): Dimensions => ({
  ...lot.dimensions,
  ticket_type: lot.ticketType,
  event: told.event ?? lot.dimensions.event,
  session: told.session ?? lot.dimensions.session,
  channel: told.channel ?? lot.dimensions.channel,
  source: told.source ?? lot.dimensions.source,
})

const bookingOf = (fact: OrderEvent, dimensions: Dimensions, amounts: Entry['amounts']): Entry => ({
  eventId: fact.eventId,
  orderId: fact.orderId,
  customerRef: null,
  occurredAt: fact.occurredAt,
  dimensions,
  amounts,
})
