import { withJob, withTenantJob } from '../clients/postgres.ts'
import { deleteOldKeys, scopesWithOldKeys } from './store.ts'

/** Forgets the idempotency keys of all venues that are older than a day; returns how many. */
export async function sweepKeys(): Promise<number> {
  let swept = 0
  // Venue after venue: row security lets nobody delete another way, and nobody waits for this.
  for (const { venueId } of await withJob(scopesWithOldKeys)) {
    swept += await withTenantJob(venueId, (tx) => deleteOldKeys(tx, venueId))
  }
  return swept
}
