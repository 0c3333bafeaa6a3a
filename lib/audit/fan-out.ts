import { withJob } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { sendEach } from '../operations/fan-out.ts'
import { nightOf, occasionOf } from './days.ts'
import { venuesToAudit } from './store.ts'

/**
 * Sends one message for each venue without a finished audit of this night, or with one that waits.
 * It may be called at any time and as often as one likes: a night has one audit of each venue.
 */
export async function fanOutAudits(now: Date): Promise<Record<string, number>> {
  const night = nightOf(now)
  const venues = await withJob((tx) => venuesToAudit(tx, occasionOf(night)))
  await sendEach(
    config('audits').AUDIT_VENUE_QUEUE_URL,
    venues.map(({ venueId }) => ({ venueId, night })),
  )
  return { venues: venues.length }
}
