import { wallTimeMs } from '../time/wall-time.ts'
import { instantOfLocal, offsetAt } from '../time/zones.ts'
import type { Preferences } from './preference-schema.ts'

const dayMs = 86_400_000

// A day earlier and two later: a clock that was set may show another day than the count of hours.
const timesAround = (instant: number, wallTime: string, timeZone: string): number[] => {
  const midnight = Math.floor((instant + offsetAt(instant, timeZone)) / dayMs) * dayMs
  return [-2, -1, 0, 1, 2].map((day) =>
    instantOfLocal(midnight + day * dayMs + wallTimeMs(wallTime), timeZone),
  )
}

/**
 * The first instant at or after another at which the clocks of a zone show a time of day: once a day,
 * also where they show it twice or never.
 */
export function nextAt(instant: number, wallTime: string, timeZone: string): number {
  const found = timesAround(instant, wallTime, timeZone).find((at) => at >= instant)
  if (found === undefined) throw new Error(`${wallTime} does not come in ${timeZone}`)
  return found
}

/** When the quiet hours end in which an instant lies; the instant itself where it lies in none. */
export function endOfQuiet(instant: number, { quietHours, timeZone }: Preferences): number {
  if (!quietHours || quietHours.from === quietHours.to) return instant
  const began = timesAround(instant, quietHours.from, timeZone).findLast((at) => at <= instant)
  return began === undefined ? instant : Math.max(instant, nextAt(began, quietHours.to, timeZone))
}

/** When a message may go to a person, epoch ms: now, after quiet hours, or with the next digest. */
export function mayGoAt(
  message: { severity: string; since: number },
  preferences: Preferences | null,
  now: number,
): number {
  if (!preferences || message.severity === 'critical') return now
  const { digest, timeZone } = preferences
  const gathered = digest ? Math.max(now, nextAt(message.since, digest.at, timeZone)) : now
  return endOfQuiet(gathered, preferences)
}
