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

/** An event that is counted, and the id of its raw copy. */
export type Received = { id: string; eventId: string; recordedAt: string; isWaiting: boolean }

/** What was recorded in [from, to), epoch ms, in its order; a copy may wait in the outbox. */
export const readReceived = (
  tx: Tx,
  venueId: string,
  page: {
    from: number
    to: number
    after: { recordedAt: string; eventId: string } | null
    limit: number
  },
) => tx<Received[]>`
  select c.id, i.event_id,
         to_char(i.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as recorded_at,
         exists (select from raw_outbox o
                  where o.venue_id = ${venueId} and o.document_id = c.id) as is_waiting
    from inbox i
   cross join lateral (
         select concat_ws('/', i.venue_id, i.event_id, left(i.fingerprint, 16)) as id) c
   where i.venue_id = ${venueId}
     and i.recorded_at >= ${new Date(page.from).toISOString()}::text::timestamptz
     and i.recorded_at < ${new Date(page.to).toISOString()}::text::timestamptz
     and (${page.after?.recordedAt ?? null}::text is null
          or (i.recorded_at, i.event_id) > (${page.after?.recordedAt ?? null}::text::timestamptz,
                                            ${page.after?.eventId ?? null}::text))
   order by i.recorded_at, i.event_id
   limit ${page.limit}`
