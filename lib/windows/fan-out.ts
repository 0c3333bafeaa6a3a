import { withJob } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { sendEach } from '../operations/fan-out.ts'
import { venuesBehind } from './store.ts'

/**
 * Sends one message for each venue whose windows are behind, so that a bad venue delays no other.
 * Returns how many. Throws StoreUnavailable; the next tick finds the same venues again.
 */
export async function fanOut(): Promise<Record<string, number>> {
  const rows = await withJob(venuesBehind)
  await sendEach(config('aggregation').AGGREGATE_VENUE_QUEUE_URL, rows)
  return { venues: rows.length }
}
