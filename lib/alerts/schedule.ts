import { wallTimeMs } from '../time/wall-time.ts'
import { offsetAt } from '../time/zones.ts'
import { days, type Hours } from './rule.ts'

const dayMs = 86_400_000

/**
 * Whether the clocks of a zone show a time within hours. They are of the days on which they begin; where
 * `to` is not after `from` they end on the next day. An hour that the clocks show twice counts twice.
 */
export function isWithin(
  { days: begins, from, to }: Pick<Hours, 'days' | 'from' | 'to'>,
  instant: number,
  zone: string,
): boolean {
  const local = instant + offsetAt(instant, zone)
  const day = Math.floor(local / dayMs)
  const time = local - day * dayMs
  const [start, end] = [wallTimeMs(from), wallTimeMs(to)]
  if (start < end) return begins.includes(nameOf(day)) && time >= start && time < end
  return begins.includes(nameOf(time >= start ? day : day - 1)) && (time >= start || time < end)
}

// The first day of the epoch was a Thursday.
const nameOf = (day: number): Hours['days'][number] =>
  days[(((day + 3) % 7) + 7) % 7] as Hours['days'][number]
