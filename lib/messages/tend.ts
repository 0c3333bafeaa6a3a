import { withJob, withTenantJob } from '../clients/postgres.ts'
import { describeFault, log } from '../log.ts'
import { forgetMessages, messagesToTend } from './claims.ts'
import { sendToWorker } from './hand-over.ts'

const mostMs = 40_000
const forgottenAtOnce = 1000

/**
 * Names messages to the worker that are due and that nobody has: those whose queue message was lost,
 * that were left by a worker that died, or whose time has come. Forgets what is older than 90 days. Safe
 * to run twice at once.
 */
export async function tendMessages(): Promise<Record<string, number>> {
  const waiting = await withJob(messagesToTend)
  const endsAt = performance.now() + mostMs
  const counts = { named: 0, forgotten: 0, failed: 0 }
  // Venue after venue: a queue that is away is not asked for everything at once.
  for (const [venueId, some] of Map.groupBy(waiting, (one) => one.venueId)) {
    if (performance.now() > endsAt) break
    try {
      const ids = some.flatMap(({ messageId }) => messageId ?? [])
      await sendToWorker(venueId, ids)
      counts.named += ids.length
      if (ids.length < some.length) {
        counts.forgotten += await withTenantJob(venueId, (tx) =>
          forgetMessages(tx, venueId, forgottenAtOnce),
        )
      }
    } catch (error) {
      counts.failed += 1
      log('warn', 'messages are not tended', { venue: venueId, ...describeFault(error) })
    }
  }
  return counts
}
