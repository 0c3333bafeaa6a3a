import type { Tx } from '../clients/postgres.ts'

type Table = 'alerts' | 'contact_points' | 'escalation_policies' | 'mute_windows'

/** Serializes those who add rows of a table to a venue, and counts those of other requests. */
export async function lockCount(
  tx: Tx,
  venueId: string,
  table: Table,
  onceId: string,
): Promise<number> {
  await tx`select pg_advisory_xact_lock(hashtext(${table}), hashtext(${venueId}))`
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count
      from ${tx(table)}
     where venue_id = ${venueId} and once_id <> ${onceId}`
  return row?.count ?? 0
}
