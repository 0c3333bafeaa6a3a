import { offsetAt } from '../../lib/time/zones.ts'
import { dayMs, isoOf, type SeasonEvent } from './event.ts'
import type { Performance, Plan } from './programme.ts'
import { createTally } from './tally.ts'

/** The events, and at the end of each day with a sale or a refund what the platform's books say of it. */
export function* withBooks(
  plan: Plan,
  { timezone, currency }: Performance,
  events: Iterable<SeasonEvent>,
): Generator<SeasonEvent> {
  let books = createTally()
  let day = Number.NaN
  for (const event of events) {
    const at = Date.parse(event.sent_at)
    const today = Math.floor((at + offsetAt(at, timezone)) / dayMs) * dayMs
    if (today !== day) {
      const { orders = 0, tickets_sold = 0, gross_revenue = 0, refunds = 0 } = books.read()
      if (orders > 0 || refunds > 0) {
        const sums = { orders, tickets: tickets_sold, gross_minor: gross_revenue }
        yield checksum(plan, day, at, { ...sums, refunds_minor: refunds, currency })
      }
      books = createTally()
      day = today
    }
    if (event.type === 'order.paid' || event.type === 'refund.completed') books.add(event)
    yield event
  }
}

/** Told when the first event of a later day is. */
function checksum({ seed, from, venueId }: Plan, day: number, at: number, sums: object) {
  const date = isoOf(day).slice(0, 10)
  return {
    event_id: `s${seed}-${from}-books-${date}`,
    type: 'orders.checksum',
    version: 1,
    venue_id: venueId,
    occurred_at: isoOf(at),
    sent_at: isoOf(at),
    source: 'box_office',
    data: { date, ...sums },
  }
}
