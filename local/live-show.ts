import { chanceOf } from './season/chance.ts'
import { dayMs, hourMs, isoOf, minuteMs, type SeasonEvent } from './season/event.ts'
import { type Performance, ticketTypesOf } from './season/programme.ts'

export type Stage = {
  venueId: string
  timezone: string
  currency: string
  seed: number
  /** When it begins, epoch ms. */
  now: number
  /** How much faster than life. */
  speed: number
}
/** An evening at the venue: one show is played, and the sale of another opens. */
export type Evening = { tonight: Performance; next: Performance; overAt: number }

const beforeDoors = 45 * minuteMs
const emptying = 20 * minuteMs

export function liveEvening({ now, seed, venueId, timezone, currency }: Stage): Evening {
  const mark = isoOf(now).slice(5, 19).replace(/\D/g, '')
  const show = (name: string, capacity: number, onSaleAt: number, doorsAt: number): Performance => {
    const startsAt = doorsAt + hourMs
    const endsAt = startsAt + 135 * minuteMs
    return {
      ...{ venueId, timezone, currency, seed, capacity, onSaleAt, doorsAt, startsAt, endsAt },
      key: `live-${seed}-${mark}-${name.toLowerCase()}`,
      showId: `live-${mark}-${name.toLowerCase()}`,
      name: `${name}, live`,
      category: 'concert',
      sessionId: isoOf(startsAt).slice(0, 16),
      run: { evenings: 1, evening: 0, startsAt, endsAt },
      appeal: 0.95,
      ticketTypes: ticketTypesOf(capacity, 4800, chanceOf('live', seed, name)),
    }
  }
  const tonight = show('Tonight', 240, now - 28 * dayMs, now + beforeDoors)
  const next = show('Next', 1200, now + 10 * minuteMs, now + 40 * dayMs)
  return { tonight, next, overAt: tonight.endsAt + emptying }
}

/** Where in the evening a moment lies. */
export function phaseAt({ doorsAt, startsAt, endsAt }: Performance, at: number): string {
  if (at < doorsAt) return 'last tickets'
  if (at < startsAt) return 'doors open'
  return at < endsAt ? 'playing' : 'leaving'
}

/** The real time of a moment (epoch ms): the evening is squeezed, what follows it moves nearer. */
export function realTimeOf(at: number, { overAt }: Evening, { now, speed }: Stage): number {
  const squeezed = Math.max(0, Math.min(at, overAt) - now)
  return Math.floor(at - squeezed + squeezed / speed)
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** An event of the evening with every time in it moved to real time. */
export function inRealTime(event: SeasonEvent, evening: Evening, stage: Stage): SeasonEvent {
  const move = (_: string, value: unknown) =>
    typeof value === 'string' && instant.test(value)
      ? isoOf(realTimeOf(Date.parse(value), evening, stage))
      : value
  return JSON.parse(JSON.stringify(event), move)
}
