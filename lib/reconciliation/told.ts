import type { EventOf, TicketingEvent } from '../events/registry.ts'

/** What the platform counted, as its message tells it. */
export type ToldCounts = {
  /** The show, '' for the whole venue. */
  showKey: string
  eventId: string
  /** RFC 3339: the counts are of this moment. */
  toldAt: string
} & (
  | {
      kind: 'orders.checksum'
      date: string
      currency: string
      counts: { orders: number; tickets: number; gross: number; refunds: number }
    }
  | {
      kind: 'inventory.snapshot'
      date: ''
      currency: ''
      counts: { ticketType: string; sold: number; comps: number }[]
    }
)

/** What the events tell of the platform's own books, of each book the latest; tests tell nothing. */
export function toldCountsOf(events: TicketingEvent[]): ToldCounts[] {
  const latest = new Map<string, ToldCounts>()
  for (const event of events) {
    const told = event.test_mode ? undefined : toldBy(event)
    if (!told) continue
    const key = JSON.stringify([told.kind, told.showKey, told.date, told.currency])
    const known = latest.get(key)
    if (!known || isLater(told, known)) latest.set(key, told)
  }
  return [...latest.values()]
}

const isLater = (a: ToldCounts, b: ToldCounts): boolean =>
  a.toldAt === b.toldAt ? a.eventId > b.eventId : a.toldAt > b.toldAt

function toldBy(event: TicketingEvent): ToldCounts | undefined {
  if (event.type === 'orders.checksum') return checksum(event)
  if (event.type !== 'inventory.snapshot') return undefined
  const counts = event.data.items.map((item) => ({
    ticketType: item.ticket_type_id,
    sold: item.sold,
    comps: item.comps,
  }))
  const showKey = event.event_ref?.event_id ?? ''
  return { kind: event.type, showKey, date: '', currency: '', ...momentOf(event), counts }
}

function checksum(event: EventOf<'orders.checksum'>): ToldCounts {
  const { date, currency, orders, tickets, gross_minor, refunds_minor } = event.data
  return {
    kind: event.type,
    showKey: event.data.event_id ?? event.event_ref?.event_id ?? '',
    ...{ date, currency, ...momentOf(event) },
    counts: { orders, tickets, gross: gross_minor, refunds: refunds_minor },
  }
}

const momentOf = (event: TicketingEvent) => ({
  eventId: event.event_id,
  toldAt: event.occurredAt.toISOString(),
})

/** A snapshot of a show's places, as the platform told it. */
export type Inventory = {
  /** The show, '' where none was named. */
  showKey: string
  eventId: string
  /** RFC 3339: the places are of this moment. */
  toldAt: string
  currency: string
  items: EventOf<'inventory.snapshot'>['data']['items']
}

/** Every snapshot of places in the events; tests tell nothing. */
export const inventoryOf = (events: TicketingEvent[]): Inventory[] =>
  events.flatMap((event) =>
    event.type === 'inventory.snapshot' && !event.test_mode
      ? {
          showKey: event.event_ref?.event_id ?? '',
          ...momentOf(event),
          currency: event.data.currency,
          items: event.data.items,
        }
      : [],
  )
