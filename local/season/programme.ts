import { instantOfLocal } from '../../lib/time/zones.ts'
import { type Chance, chanceOf } from './chance.ts'
import { dayMs, hourMs, minuteMs } from './event.ts'

export type Plan = {
  /** The same plan gives the same events, to the byte. */
  seed: number
  venueId: string
  shows: number
  /** About how many events the season has in all; the houses are as large as that takes. */
  size: number
  /** The first and the last day of shows, as 2026-07-01. Sales begin up to ten weeks before. */
  from: string
  to: string
  timezone: string
  currency: string
}
export type TicketType = { id: string; name: string; price: number; seats: number }
/** One evening of a show. Times are epoch ms, prices minor units. */
export type Performance = {
  venueId: string
  currency: string
  timezone: string
  /** What the ids of its events begin with. */
  key: string
  seed: number
  showId: string
  name: string
  category: string
  sessionId: string
  onSaleAt: number
  doorsAt: number
  startsAt: number
  endsAt: number
  /** The show's run: its evenings, which of them this is (from 0), and from when to when it plays. */
  run: { evenings: number; evening: number; startsAt: number; endsAt: number }
  /** Called off at this moment: everybody gets the money back. */
  calledOffAt?: number
  /** Tickets that are wanted, as a share of the seats: above 1 it sells out. */
  appeal: number
  capacity: number
  ticketTypes: TicketType[]
}

const names = [
  ['Aurora Strings', 'concert', 5800],
  ['Borealis Improv Night', 'comedy', 2600],
  ['Cabaret on Ninth', 'musical', 6900],
  ['Dead Letter Office', 'play', 4800],
  ['Echoes of Lisbon', 'concert', 4400],
  ['Foxglove', 'dance', 5200],
  ['Giants in the Attic', 'family', 2200],
  ['Hamlet', 'play', 5400],
  ['Ink and Iron', 'play', 3900],
  ['Jazz After Midnight', 'concert', 3600],
  ['Kite Season', 'family', 2400],
  ['Late Bloomers', 'comedy', 3200],
] as const

// What `size` is turned into seats by, counted over ten seeds: the house tells about 25 events of
// each evening by itself, and its audience so many for each seat.
const eventsPerEvening = 25
const eventsPerSeat = 2.6
// Of ten shows one is called off.
const calledOffEvery = 10

/** The performances of a season, in the order in which they go on sale. */
export function programmeOf(plan: Plan): Performance[] {
  const runs = Array.from({ length: plan.shows }, (_, show) => (show % 4 === 3 ? 3 : 1))
  const evening = plan.size / runs.reduce((sum, evenings) => sum + evenings, 0)
  const seats = (evening - eventsPerEvening) / eventsPerSeat
  return runs
    .flatMap((evenings, show) => runOf(plan, show, evenings, seats))
    .toSorted((a, b) => a.onSaleAt - b.onSaleAt)
}

function runOf(plan: Plan, show: number, evenings: number, seats: number): Performance[] {
  const { seed, venueId, shows, from, to, timezone, currency } = plan
  const chance = chanceOf(seed, venueId, from, show)
  const [name, category, price] = names[show % names.length] as (typeof names)[number]
  const season = Math.floor(show / names.length) + 1
  const showId = `${name.toLowerCase().replaceAll(' ', '-')}${season > 1 ? `-${season}` : ''}`
  const first = Date.parse(`${from}T00:00:00Z`)
  const step = (Date.parse(`${to}T00:00:00Z`) - first) / Math.max(1, shows - 1)
  const day = first + Math.round((show * step) / dayMs) * dayMs
  // Wall-clock times, written as if they were of UTC.
  const curtains = Array.from(
    { length: evenings },
    (_, evening) => day + evening * dayMs + (category === 'family' ? 15 : 19.5) * hourMs,
  )
  const sale = day - chance.between(4, 10) * 7 * dayMs + 10 * hourMs
  const lengthMs = (category === 'family' ? 80 : 135) * minuteMs
  const startsAt = curtains.map((curtain) => instantOfLocal(curtain, timezone))
  const endsAt = (startsAt.at(-1) ?? 0) + lengthMs
  const capacity = Math.max(20, Math.round(chance.around(seats, seats / 6)))
  const shared = {
    ...{ venueId, currency, timezone, seed, showId, category, capacity },
    name: season > 1 ? `${name}, part ${season}` : name,
    onSaleAt: instantOfLocal(sale, timezone),
    appeal: chance.around(0.86, 0.2),
    ticketTypes: ticketTypesOf(capacity, price, chance),
  }
  return startsAt.map((at, evening) => ({
    ...shared,
    key: `s${seed}-${from}-${showId}-${evening + 1}`,
    sessionId: new Date(curtains[evening] ?? 0).toISOString().slice(0, 16),
    ...{ doorsAt: at - hourMs, startsAt: at, endsAt: at + lengthMs },
    run: { evenings, evening, startsAt: startsAt[0] ?? at, endsAt },
    ...(show % calledOffEvery === 5 && { calledOffAt: at - 5 * dayMs - 3 * hourMs }),
  }))
}

/** The sections of a house and what a seat in them costs. */
export function ticketTypesOf(capacity: number, price: number, chance: Chance): TicketType[] {
  const balcony = Math.round(capacity * chance.around(0.32, 0.04))
  const student = Math.round(capacity * 0.12)
  return [
    { id: 'stalls', name: 'Stalls', price, seats: capacity - balcony - student },
    { id: 'balcony', name: 'Balcony', price: tens(price * 0.7), seats: balcony },
    { id: 'student', name: 'Student', price: tens(price * 0.4), seats: student },
  ]
}

const tens = (minor: number): number => Math.round(minor / 100) * 100
