import { instantOfLocal, offsetAt, segmentsBetween } from '../time/zones.ts'

// No gap on record is longer: a zone that crosses the date line leaves out a day.
const longestGapMs = 26 * 3_600_000

/** What the clocks of a zone show at an instant, as the epoch ms that it would be in UTC. */
export const wallOf = (instant: number, timeZone: string): number =>
  instant + offsetAt(instant, timeZone)

/**
 * The instant (epoch ms) at which something begins that is to begin when the clocks show `wall`: the
 * first of two where that comes twice; where it is left out, the first instant after the gap. A later
 * `wall` is never an earlier instant.
 */
export function instantOfWall(wall: number, timeZone: string): number {
  const instant = instantOfLocal(wall, timeZone)
  if (wallOf(instant, timeZone) === wall) return instant
  return segmentsBetween(instant - longestGapMs, instant + 1, timeZone).at(-1)?.start ?? instant
}
