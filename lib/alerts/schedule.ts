import { offsetAt } from '../time/zones.ts'
import { days, type Hours } from './rule.ts'

const dayMs = 86_400_000

/**
 * Whether an instant lies in hours, by what the clocks of a zone show then: [from, to), into the next day
 * where `to` is not after `from`. A time that a clock skips is in no hours, one that it shows twice is in
 * them twice.
 */
export function isWithin(
  { days: begin, from, to }: Hours,
  instant: number,
  timeZone: string,
): boolean {
  const local = instant + offsetAt(instant, timeZone)
  const day = Math.floor(local / dayMs)
  const at = local - day * dayMs
  const [first, last] = [msOf(from), msOf(to)]
  const beginsOn = (of: number) => begin.includes(nameOf(of))
  if (first < last) return beginsOn(day) && at >= first && at < last
  return (at >= first && beginsOn(day)) || (at < last && beginsOn(day - 1))
}

// The first of January 1970 was a Thursday.
const nameOf = (day: number) => days[(((day + 3) % 7) + 7) % 7] as (typeof days)[number]

const msOf = (clock: string): number => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return (hours * 60 + minutes) * 60_000
}
