import { writeFileSync } from 'node:fs'
import { historyOf, type Plan, plans } from '../oracle/history.ts'
import type { Random } from '../oracle/random.ts'
import type { Sent } from '../support/events.ts'

/** The venues of a run, each with a clock of its own. */
export const venues: readonly Plan[] = plans().map((plan, i) => ({
  ...plan,
  venueId: `venue-${i}`,
}))

/**
 * The events of a run, about so many. Some are of this minute: they alone are told to Redis.
 * Nothing but their moments depends on anything but chance.
 */
export const tell = (random: Random, count: number, now: number): Sent[] =>
  venues.flatMap((plan) => {
    const history = historyOf(plan, random, Math.round(count / venues.length))
    return history.map((event) => (random.chance(0.1) ? broughtTo(event, now, random) : event))
  })

/** Writes events for the oracle, one a line. */
export const writeEvents = (file: string, events: Sent[]): void =>
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''))

// A venue's settings stay where they are: they hold for all of its time.
function broughtTo(event: Sent, now: number, random: Random): Sent {
  if (event.type === 'venue.updated') return event
  return { ...event, occurred_at: new Date(now - random.below(60_000)).toISOString() }
}
