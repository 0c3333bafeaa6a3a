import { withJob, withTenantJob } from '../clients/postgres.ts'
import { describeFault, log } from '../log.ts'
import { exportsToTend } from './claims.ts'
import { cleanExport } from './clean.ts'
import { sendToWorker } from './hand-over.ts'

/** So much at once, of all venues; what is left is done with the next minute. */
const atOnce = 10
const mostMs = 40_000

/**
 * Names exports to the workers that wait without a message or were left by one that died, and
 * removes objects that are not to be kept: after seven days, of what failed, was cancelled or
 * deleted. The object goes first, the row says so afterwards. Safe to run twice at once.
 */
export async function tendExports(): Promise<Record<string, number>> {
  const waiting = await withJob(exportsToTend)
  const endsAt = performance.now() + mostMs
  const counts = { sent: 0, cleaned: 0, failed: 0 }
  // Ten after the other, so that a store that is away is not asked for everything at once.
  for (let i = 0; i < waiting.length && performance.now() < endsAt; i += atOnce) {
    await Promise.all(
      waiting.slice(i, i + atOnce).map(async ({ venueId, exportId, need }) => {
        try {
          if (need === 'work') await sendToWorker(venueId, exportId, 0)
          else await cleanExport(withTenantJob, venueId, exportId)
          counts[need === 'work' ? 'sent' : 'cleaned'] += 1
        } catch (error) {
          counts.failed += 1
          log('warn', 'an export is not tended', { venue: venueId, ...describeFault(error) })
        }
      }),
    )
  }
  return counts
}
