import { instantOfLocal, offsetAt } from '../../lib/time/zones.ts'
import { planAftermath } from './aftermath.ts'
import { createAgenda } from './agenda.ts'
import { momentWithin, salesEndOf, shareBetween } from './booking-curve.ts'
import { withBooks } from './books.ts'
import { planDoor, planLeaving } from './door.ts'
import { dayMs, eventOf, hourMs, isoOf, type SeasonEvent } from './event.ts'
import { type House, openHouse, planHouse } from './house.ts'
import { drawOrder, meanGroup, paid } from './order.ts'
import { type Performance, type Plan, programmeOf } from './programme.ts'
import { idleVisits, planIdleVisit, planPurchase } from './visit.ts'

type Day = { start: number; end: number }

const checkoutMs = 6 * 60_000

/**
 * A season of a venue as its platform would tell it, in the order of `sent_at`: the venue, then
 * all that happens to its shows. Streams: what is held is what is still to come of the shows on
 * sale. The same plan gives the same events.
 */
export function* season(plan: Plan): Generator<SeasonEvent> {
  const performances = programmeOf(plan)
  const first = performances[0]
  if (!first) return
  yield venueUpdated(plan, first)
  yield* withBooks(plan, first, play(performances))
}

/** All that happens to these performances, which come in the order of their on-sales. */
export function* play(performances: readonly Performance[]): Generator<SeasonEvent> {
  const agenda = createAgenda()
  const waiting = [...performances]
  let open: House[] = []
  let day = dayOf(waiting[0], (waiting[0]?.onSaleAt ?? 0) - 7 * dayMs)
  while (waiting.length > 0 || open.length > 0) {
    // Announced a week before the sale.
    while (waiting[0] && waiting[0].onSaleAt - 7 * dayMs < day.end) {
      const house = openHouse(waiting.shift() as Performance, agenda)
      open.push(house)
      planHouse(house)
      planRehearsal(house)
      if (!house.performance.calledOffAt) planLeaving(house)
    }
    for (const house of open) sell(house, day)
    yield* agenda.until(day.end)
    const { end } = day
    open = open.filter(({ performance }) => salesEndOf(performance) > end)
    day = dayOf(performances[0], end)
  }
  // Disputes come weeks after the last show.
  yield* agenda.until(Number.POSITIVE_INFINITY)
}

function sell(house: House, day: Day) {
  const { performance, chance } = house
  const expected = (performance.appeal * performance.capacity) / meanGroup
  const mean = expected * shareBetween(performance, day.start, day.end)
  if (mean === 0 || salesEndOf(performance) <= day.start) return
  const moment = () => momentWithin(performance, day, chance)
  for (let i = chance.times(mean * idleVisits); i > 0; i -= 1) planIdleVisit(house, moment())
  for (let i = chance.times(mean); i > 0; i -= 1) buy(house, moment())
}

function buy(house: House, cameAt: number) {
  const order = drawOrder(house, cameAt)
  if (!order) return
  if (order.channel === 'online')
    order.at = cameAt + house.chance.between(checkoutMs / 3, checkoutMs)
  planPurchase(house, order, cameAt)
  house.agenda.add(order.at, () => paid(house, order))
  planDoor(house, order, planAftermath(house, order))
}

// Before a sale opens the box office buys a ticket to see that it works.
function planRehearsal({ performance, agenda }: House) {
  const { onSaleAt, currency, ticketTypes, key } = performance
  const at = onSaleAt - hourMs
  const [type] = ticketTypes
  if (!type) return
  const items = [{ ticket_type_id: type.id, quantity: 1, unit_price_minor: type.price }]
  const told = { at, source: 'box_office', context: { channel: 'box_office' } }
  agenda.add(at, () =>
    eventOf(
      performance,
      'order.paid',
      'rehearsal',
      { ...told, test_mode: true },
      {
        ...{ order_id: `${key}-rehearsal`, currency, items, payment_method: 'terminal' },
      },
    ),
  )
}

function venueUpdated({ seed, from, venueId }: Plan, first: Performance): SeasonEvent {
  const { timezone, currency, onSaleAt } = first
  const at = isoOf(onSaleAt - 14 * dayMs)
  return {
    event_id: `s${seed}-${from}-venue`,
    type: 'venue.updated',
    version: 1,
    venue_id: venueId,
    occurred_at: at,
    sent_at: at,
    source: 'box_office',
    data: { name: 'The Demo Theatre', timezone, currency, day_start: '00:00' },
  }
}

/** The calendar day of the venue in which a moment lies. */
function dayOf(performance: Performance | undefined, at: number): Day {
  const timezone = performance?.timezone ?? 'UTC'
  const midnight = Math.floor((at + offsetAt(at, timezone)) / dayMs) * dayMs
  const start = instantOfLocal(midnight, timezone)
  return { start, end: instantOfLocal(midnight + dayMs, timezone) }
}
