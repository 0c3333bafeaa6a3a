import type { Tx } from '../clients/postgres.ts'
import type { RawDocument } from './archive.ts'

/** Keeps raw copies that Mongo did not take, in the transaction that counts their events. */
export async function insertOutbox(
  tx: Tx,
  venueId: string,
  documents: RawDocument[],
  recordedAt: string,
): Promise<void> {
  await tx`
    insert into raw_outbox (venue_id, document_id, document, recorded_at)
    select ${venueId}, d ->> '_id', d, ${recordedAt}::text::timestamptz
      from jsonb_array_elements(${JSON.stringify(documents)}::text::jsonb) as d
        on conflict do nothing`
}

/** The oldest waiting copies of a venue. */
export async function readOutbox(tx: Tx, venueId: string, limit: number): Promise<RawDocument[]> {
  const rows = await tx<{ document: RawDocument }[]>`
    select document
      from raw_outbox
     where venue_id = ${venueId}
     order by recorded_at
     limit ${limit}`
  return rows.map((row) => row.document)
}

/** Forgets copies that have arrived; when none is left the venue no longer waits. */
export async function deleteOutbox(tx: Tx, venueId: string, ids: string[]): Promise<void> {
  await tx`
    delete from raw_outbox
     where venue_id = ${venueId}
       and document_id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))`
  await tx`
    update venues
       set archive_behind = exists (select from raw_outbox where venue_id = ${venueId})
     where venue_id = ${venueId}`
}

/** How many copies of a venue wait. */
export async function countOutbox(tx: Tx, venueId: string): Promise<number> {
  const [row] = await tx<{ depth: number }[]>`
    select count(*)::int as depth
      from raw_outbox
     where venue_id = ${venueId}`
  return row?.depth ?? 0
}
