import type { TicketingEvent } from '../events/registry.ts'
import { dimensionsOf } from './book.ts'
import type { Dimensions, Entry } from './entry.ts'

/** An accepted entry with a ticket: of all such of one ticket to one show, the first admits. */
export type TicketEntry = {
  /** The show, '' where none was named. */
  showKey: string
  ticketId: string
  eventId: string
  occurredAt: number
  quantity: number
  dimensions: Dimensions
}

/** The ticket's entry in an event, undefined for anything but an accepted entry with a ticket. */
export function ticketEntryOf(event: TicketingEvent): TicketEntry | undefined {
  if (event.type !== 'ticket.scanned') return undefined
  const { ticket_id: ticketId, result, direction, quantity, gate_id, reason } = event.data
  if (!ticketId || result !== 'ok' || direction !== 'entry') return undefined
  return {
    showKey: event.event_ref?.event_id ?? '',
    ticketId,
    eventId: event.event_id,
    occurredAt: event.occurredAt.getTime(),
    quantity,
    dimensions: dimensionsOf(event, { gate: gate_id ?? null, scan_reason: reason ?? null }),
  }
}

/** A rehearsal with a real ticket must not take its entry: tests are kept apart. */
export const ticketKey = ({ showKey, ticketId, dimensions }: TicketEntry): string =>
  JSON.stringify([showKey, ticketId, dimensions.test_mode])

/**
 * The first entries after `arrived` joined `known` (by ticketKey), and the admissions booked or
 * moved by it. The order of arrival does not matter: time decides, then the event's id.
 */
export function admit(
  known: TicketEntry[],
  arrived: TicketEntry[],
): { firsts: TicketEntry[]; entries: Entry[]; before: Entry[] } {
  const firsts = new Map(known.map((entry) => [ticketKey(entry), entry]))
  const changed = new Set<string>()
  for (const entry of arrived) {
    const key = ticketKey(entry)
    const first = firsts.get(key)
    if (first && !isEarlier(entry, first)) continue
    firsts.set(key, entry)
    changed.add(key)
  }
  const changedFirsts = [...changed].flatMap((key) => firsts.get(key) ?? [])
  return {
    firsts: changedFirsts,
    before: known.filter((entry) => changed.has(ticketKey(entry))).map(admissionOf),
    entries: changedFirsts.map(admissionOf),
  }
}

const isEarlier = (a: TicketEntry, b: TicketEntry): boolean =>
  a.occurredAt < b.occurredAt || (a.occurredAt === b.occurredAt && a.eventId < b.eventId)

const admissionOf = (entry: TicketEntry): Entry => ({
  eventId: entry.eventId,
  orderId: null,
  customerRef: null,
  occurredAt: entry.occurredAt,
  dimensions: entry.dimensions,
  amounts: { admissions: entry.quantity },
})
