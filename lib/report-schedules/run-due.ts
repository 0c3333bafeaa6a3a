import { withJob } from '../clients/postgres.ts'
import { describeFault, log } from '../log.ts'
import { reportsToTend } from './store.ts'
import { tendSchedule } from './tend.ts'

/** Shorter than the function's timeout: what is left waits for the next minute. */
const mostMs = 45_000
/** As many as there are connections for. */
const atOnce = 2

/**
 * Tends every schedule of every venue that has something to do, those due longest first. It may be
 * called at any time and as often as one likes: a due time has one run. A schedule that fails waits for
 * the next tick and delays no other.
 */
export async function runDueReports(now: Date): Promise<Record<string, number>> {
  const endsAt = performance.now() + mostMs
  const waiting = [...(await withJob((tx) => reportsToTend(tx, now)))]
  const counts: Record<string, number> = { schedules: waiting.length, failed: 0 }
  const work = async () => {
    for (let one = waiting.shift(); one && performance.now() < endsAt; one = waiting.shift()) {
      const { venueId, scheduleId } = one
      try {
        const done = await tendSchedule(venueId, scheduleId, now)
        for (const [name, count] of Object.entries(done)) counts[name] = (counts[name] ?? 0) + count
      } catch (error) {
        counts.failed = (counts.failed ?? 0) + 1
        log('warn', 'a report waits', { venue: venueId, ...describeFault(error) })
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return counts
}
