import { formatInstant } from '../lib/time/zones.ts'
import { dayMs, isoOf, minuteMs, type SeasonEvent } from './season/event.ts'
import { type Plan, programmeOf } from './season/programme.ts'
import { season } from './season/season.ts'

export const demoVenue = 'demo'

const timezone = 'America/New_York'

/** The demo venue's season around a moment: the same for all moments of one day in New York. */
export function demoPlan(now: Date): Plan {
  const today = Date.parse(`${formatInstant(now.getTime(), timezone).slice(0, 10)}T12:00:00Z`)
  const dateIn = (days: number) => isoOf(today + days * dayMs).slice(0, 10)
  const shape = { seed: 7, venueId: demoVenue, shows: 12, size: 6400, timezone, currency: 'USD' }
  // Seven weeks of shows are past, the last of them yesterday or a few days ago.
  return { ...shape, from: dateIn(-50), to: dateIn(27) }
}

/** What has been told of the season until now. */
export function demoEvents(now: Date): SeasonEvent[] {
  const until = now.toISOString()
  const events: SeasonEvent[] = []
  for (const event of season(demoPlan(now))) {
    if (event.sent_at > until) break
    events.push(event)
  }
  return events
}

/** From the first sale of the demo to the end of the day it was made on, for `from` and `to`. */
export function demoRange(now: Date): { from: string; to: string } {
  const first = programmeOf(demoPlan(now))[0]?.onSaleAt ?? now.getTime()
  const dateOf = (at: number) => formatInstant(at, timezone).slice(0, 10)
  return { from: dateOf(first), to: dateOf(now.getTime() + dayMs) }
}

/** Three questions that the demo answers well, as paths: what sells, what comes in, how they came. */
export function demoQuestions(now: Date): string[] {
  const { from, to } = demoRange(now)
  const played = programmeOf(demoPlan(now)).filter(
    ({ endsAt, calledOffAt }) => !calledOffAt && endsAt < now.getTime(),
  )
  const last = played.toSorted((a, b) => b.startsAt - a.startsAt)[0]
  const metrics = `/v1/venues/${demoVenue}/metrics`
  const questions = [
    `${metrics}/tickets_sold?from=${from}&to=${to}&granularity=none&group_by=event`,
    `${metrics}/net_revenue?from=${from}&to=${to}&granularity=week`,
  ]
  if (!last) return questions
  const door = `from=${isoOf(last.doorsAt)}&to=${isoOf(last.startsAt + 15 * minuteMs)}`
  return [...questions, `${metrics}/admissions?${door}&granularity=5min&group_by=gate`]
}
