import { withJob } from '../clients/postgres.ts'
import { describeFault, log } from '../log.ts'
import { classNames, keptSince, strayMonths } from './classes.ts'
import { countOldStrays, deleteOldStrays, venuesToSweep } from './store.ts'
import { deleteUntil, sweepVenue } from './sweep.ts'

/** No venue takes a night's time from the others. */
const mostMsOfVenue = 60_000
const straysAtOnce = 5000
const mostCounted = 1_000_000

/**
 * Deletes what the policies of all venues keep no longer, and old messages of no venue, until `endsAt`
 * (of performance.now); returns how many by class. A venue that fails or is too large for its share
 * waits for the next run, which begins with those that waited longest.
 */
export async function sweepAll(
  now: Date,
  { isDryRun, endsAt }: { isDryRun: boolean; endsAt: number },
): Promise<Record<string, number>> {
  const venues = await withJob(venuesToSweep)
  const done = { venues: 0, failed: 0, unfinished: 0, waiting: venues.length }
  const byClass = new Map<string, number>(classNames.map((name) => [name, 0]))
  // Venue after venue: nobody waits for this, and it must leave the stores to those who count.
  for (const { venueId } of venues) {
    if (performance.now() >= endsAt) break
    done.waiting -= 1
    try {
      const until = Math.min(endsAt, performance.now() + mostMsOfVenue)
      const { classes } = await sweepVenue(venueId, now, { isDryRun, endsAt: until })
      done.venues += 1
      if (classes.some(({ isComplete }) => !isComplete)) done.unfinished += 1
      for (const { class: name, count } of classes) {
        byClass.set(name, (byClass.get(name) ?? 0) + count)
      }
    } catch (error) {
      done.failed += 1
      log('warn', 'old rows of a venue wait for the next run', {
        venue: venueId,
        ...describeFault(error),
      })
    }
  }
  const strays = await sweepStrays(keptSince(strayMonths, 'UTC', now), { isDryRun, endsAt })
  return { ...done, ...Object.fromEntries(byClass), strays }
}

async function sweepStrays(
  before: Date,
  { isDryRun, endsAt }: { isDryRun: boolean; endsAt: number },
): Promise<number> {
  if (isDryRun) return withJob((tx) => countOldStrays(tx, { before, most: mostCounted }))
  const limit = straysAtOnce
  const { count } = await deleteUntil(endsAt, true, async () => {
    const deleted = await withJob((tx) => deleteOldStrays(tx, { before, limit }))
    return { deleted, isLast: deleted < limit }
  })
  return count
}
