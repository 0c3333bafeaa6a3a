import type { Agenda } from './agenda.ts'
import { type Chance, chanceOf } from './chance.ts'
import { dayMs, eventOf, hourMs, isoOf, minuteMs, type SeasonEvent } from './event.ts'
import type { Performance } from './programme.ts'

type Places = { reserved: number; sold: number; comps: number }
/** A performance while it is on sale and played: who has which seats, who is inside. */
export type House = {
  performance: Performance
  chance: Chance
  agenda: Agenda
  orders: number
  visits: number
  /** By ticket type: `reserved` is planned for the running day, the others are told already. */
  places: Map<string, Places>
  inside: number
  isSoldOut: boolean
}

const snapshotEvery = 7 * dayMs
// Seats behind a camera or a pillar, and those kept for the house until the doors open.
const killedShare = 0.02
const heldShare = 0.03

export function openHouse(performance: Performance, agenda: Agenda): House {
  const { seed, key, venueId, ticketTypes } = performance
  const places = ticketTypes.map(({ id }) => [id, { reserved: 0, sold: 0, comps: 0 }] as const)
  return {
    ...{ performance, agenda, orders: 0, visits: 0, inside: 0, isSoldOut: false },
    chance: chanceOf(seed, venueId, key),
    places: new Map(places),
  }
}

/** Takes seats of a type out of sale; how many there were of those that are wanted. */
export function reserve(house: House, typeId: string, wanted: number): number {
  const type = house.performance.ticketTypes.find(({ id }) => id === typeId)
  const places = placesOf(house, typeId)
  const count = Math.min(wanted, sellable(type?.seats ?? 0) - places.reserved)
  places.reserved += count
  return count
}

/** Seats change hands; when the last one is gone, the show is told sold out, once. */
export function settle(
  house: House,
  line: { typeId: string; sold: number; isComp: boolean; at: number },
) {
  const { performance, agenda, places } = house
  const { typeId, sold, isComp, at } = line
  placesOf(house, typeId)[isComp ? 'comps' : 'sold'] += sold
  if (house.isSoldOut || performance.run.evenings > 1) return
  house.isSoldOut = performance.ticketTypes.every(({ id, seats }) => {
    const { sold, comps } = places.get(id) ?? { sold: 0, comps: 0 }
    return sold + comps >= sellable(seats)
  })
  if (house.isSoldOut) agenda.add(at, () => updated(house, at, 'sold_out'))
}

/** What the house itself tells: its show, its seats by ticket type, how many people leave. */
export function planHouse(house: House) {
  const { performance, agenda } = house
  const { onSaleAt, startsAt, doorsAt, endsAt, calledOffAt } = performance
  const { evening, evenings } = performance.run
  const tell = (at: number, status: string) => agenda.add(at, () => updated(house, at, status))
  if (evening === 0) {
    tell(onSaleAt - 7 * dayMs, 'announced')
    tell(onSaleAt, 'on_sale')
  }
  const last = calledOffAt ?? doorsAt
  for (let at = onSaleAt + 15 * hourMs; at < last; at += snapshotEvery) {
    agenda.add(at, () => snapshot(house, at))
  }
  if (calledOffAt) return tell(calledOffAt, 'cancelled')
  agenda.add(doorsAt, () => snapshot(house, doorsAt))
  if (evening === evenings - 1) tell(endsAt, 'ended')
  for (let bar = 0; bar < 4; bar += 1) {
    const at = startsAt - 40 * minuteMs + bar * 30 * minuteMs
    agenda.add(at, () => barSales(house, at, bar))
  }
}

function updated(house: House, at: number, status: string): SeasonEvent {
  const { name, timezone, capacity, category, run, startsAt, doorsAt, onSaleAt } = house.performance
  return eventOf(
    house.performance,
    'event.updated',
    `show-${status}`,
    { at, source: 'box_office' },
    {
      ...{ name, timezone, capacity: capacity * run.evenings, category, status },
      starts_at: isoOf(run.startsAt),
      ends_at: isoOf(run.endsAt),
      doors_at: isoOf(run.startsAt - (startsAt - doorsAt)),
      on_sale_at: isoOf(onSaleAt),
    },
  )
}

// capacity = sold + comps + held + killed + open, line by line.
function snapshot(house: House, at: number): SeasonEvent {
  const { performance } = house
  const isOpen = at >= performance.doorsAt
  const items = performance.ticketTypes.map(({ id, seats, price }) => {
    const { sold, comps } = placesOf(house, id)
    const killed = Math.round(seats * killedShare)
    const left = Math.max(0, seats - killed - sold - comps)
    const held = isOpen ? 0 : Math.min(left, Math.round(seats * heldShare))
    const counts = { capacity: seats, sold, comps, held, killed, open: left - held }
    return { ticket_type_id: id, ...counts, price_minor: price }
  })
  const { currency } = performance
  const told = { at, source: 'box_office' }
  return eventOf(performance, 'inventory.snapshot', `seats-${at}`, told, { items, currency })
}

function barSales(house: House, at: number, bar: number): SeasonEvent {
  const { performance, chance, inside } = house
  const value = Math.round(inside * chance.around(3.2, 0.6) * 100) / 100
  return eventOf(
    performance,
    'metric.recorded',
    `bar-${bar}`,
    { at, source: 'box_office' },
    { name: 'bar_sales', value, unit: performance.currency, dimensions: { bar: 'foyer' } },
  )
}

const sellable = (seats: number): number => seats - Math.round(seats * killedShare)

function placesOf({ places }: House, typeId: string): Places {
  const found = places.get(typeId)
  if (!found) throw new RangeError(`The house has no ticket type ${typeId}`)
  return found
}
