import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { Export, Failure, Manifest, Question } from './schema.ts'

/** Exports that are not over; a venue has a limit of them. */
export async function countOpen(tx: Tx, venueId: string): Promise<number> {
  const [row] = await tx<{ open: number }[]>`
    select count(*)::int as open
      from exports
     where venue_id = ${venueId} and status in ('pending', 'running') and deleted_at is null`
  return row?.open ?? 0
}

/** Lets one request of a venue after the other look at how many are open. */
export const lockRequests = (tx: Tx, venueId: string) => tx`
  select pg_advisory_xact_lock(hashtext('exports'), hashtext(${venueId}))`

export type NewRow = {
  onceId: string
  createdBy: string
  type: string
  format: string
  question: Question
  asOf: string
  schedule: { scheduleId: string; dueAt: string } | null
}

/**
 * Frees the id of a request for another one: an Idempotency-Key is known for a day, and what was
 * deleted is not there. One run for each time of a schedule stays one run.
 */
export const freeOnceId = (tx: Tx, venueId: string, onceId: string) => tx`
  update exports
     set once_id = once_id || ' ' || export_id
   where venue_id = ${venueId}
     and once_id = ${onceId}
     and (deleted_at is not null
          or schedule is null and created_at < clock_timestamp() - interval '24 hours')`

/** Notes an export; false where one of that request is there already. */
export async function insertExport(tx: Tx, venueId: string, row: NewRow): Promise<boolean> {
  const rows = await tx`
    insert into exports (venue_id, once_id, created_by, type, format, question, as_of, schedule)
    values (${venueId}, ${row.onceId}, ${row.createdBy}, ${row.type}, ${row.format},
            ${JSON.stringify(row.question)}::text::jsonb, ${row.asOf}::text::timestamptz,
            ${row.schedule && JSON.stringify(row.schedule)}::text::jsonb)
        on conflict (venue_id, once_id) do nothing`
  return rows.count > 0
}

export type Found = Omit<Export, 'from' | 'to' | 'tz' | 'error'> & {
  question: Question
  error: Failure | null
  objectKey: string | null
  manifest: Manifest | null
}

/** Which exports of a venue to read; null where it does not matter. */
export type Which = {
  id: string | null
  onceId: string | null
  createdBy: string | null
  status: string | null
  type: string | null
}

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
const everything: Which = { id: null, onceId: null, createdBy: null, status: null, type: null }

/** Exports of the venue, the latest first. */
export async function listExports(
  tx: Tx,
  venueId: string,
  which: Partial<Which>,
  { after, limit }: Page,
): Promise<Listed<Found>[]> {
  const { id, onceId, createdBy, status, type } = { ...everything, ...which }
  const [createdAt = null, lastId = null] = after?.split(' ') ?? []
  const told = (column: string) =>
    tx`to_char(${tx(column)} at time zone 'UTC', ${iso}) as ${tx(column)}`
  const rows = await tx<(Found & { position: string })[]>`
    select export_id as id, type, format, question, status, progress, rows::float8 as rows,
           bytes::float8 as bytes, sha256, error, created_by, object_key, manifest,
           ${told('as_of')}, ${told('created_at')}, ${told('completed_at')}, ${told('expires_at')},
           to_char(created_at at time zone 'UTC', ${iso}) || ' ' || export_id as position
      from exports
     where venue_id = ${venueId}
       and deleted_at is null
       and (${id}::text is null or export_id = ${id}::text::uuid)
       and (${onceId}::text is null or once_id = ${onceId})
       and (${createdBy}::text is null or created_by = ${createdBy})
       and (${status}::text is null or status = ${status})
       and (${type}::text is null or type = ${type})
       and (${createdAt}::text is null
            or (created_at, export_id) < (${createdAt}::text::timestamptz, ${lastId}::text::uuid))
     order by created_at desc, export_id desc
     limit ${limit}`
  return rows.map(({ position, ...item }) => ({ item, position }))
}

/** Ends an export that is not over, of whoever may; the worker that has it finds out by itself. */
export async function cancelExport(tx: Tx, venueId: string, exportId: string): Promise<boolean> {
  const rows = await tx`
    update exports
       set status = 'cancelled'
     where venue_id = ${venueId}
       and export_id = ${exportId}::text::uuid
       and status in ('pending', 'running')
       and deleted_at is null`
  return rows.count > 0
}

/** Has nobody see an export any more. */
export const hideExport = (tx: Tx, venueId: string, exportId: string) => tx`
  update exports
     set deleted_at = clock_timestamp()
   where venue_id = ${venueId} and export_id = ${exportId}::text::uuid and deleted_at is null`
