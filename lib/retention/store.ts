import type { Tx } from '../clients/postgres.ts'
import type { Class, KeepMonths, Place } from './classes.ts'

type Table = Extract<Place, { table: string }>

export type RetentionRow = {
  keepMonths: Partial<KeepMonths>
  revision: number
  /** By class: what was received before then may be gone. */
  deletedBefore: Partial<Record<Class, string>>
}

/** What the venue has set, and what was deleted; nothing of both where nobody has. */
export async function readRetention(tx: Tx, venueId: string): Promise<RetentionRow> {
  const [row] = await tx<RetentionRow[]>`
    select keep_months, revision, deleted_before
      from retention
     where venue_id = ${venueId}`
  return row ?? { keepMonths: {}, revision: 0, deletedBefore: {} }
}

/** Writes a policy in the place of that of `revision`; false when there is a later one. */
export async function writePolicy(
  tx: Tx,
  venueId: string,
  keepMonths: KeepMonths,
  changed: { revision: number; by: string },
): Promise<boolean> {
  const { count } = await tx`
    insert into retention as r (venue_id, keep_months, revision, changed_at, changed_by)
    values (${venueId}, ${JSON.stringify(keepMonths)}::text::jsonb, 1, clock_timestamp(),
            ${changed.by})
        on conflict (venue_id)
        do update set keep_months = excluded.keep_months,
                      revision = r.revision + 1,
                      changed_at = excluded.changed_at,
                      changed_by = excluded.changed_by
                where r.revision = ${changed.revision}`
  return count === 1
}

/** Notes what is about to be deleted: a run that dies afterwards has deleted some of it. */
export async function markSweep(
  tx: Tx,
  venueId: string,
  keptSince: Record<Class, string>,
): Promise<void> {
  await tx`
    insert into retention as r (venue_id, deleted_before, swept_at)
    values (${venueId}, ${JSON.stringify(keptSince)}::text::jsonb, clock_timestamp())
        on conflict (venue_id)
        do update set swept_at = excluded.swept_at,
                      deleted_before = (
                        select jsonb_object_agg(key, greatest(value, r.deleted_before ->> key))
                          from jsonb_each_text(r.deleted_before || excluded.deleted_before))`
}

/** The rows received before a moment, counted up to `most`, and when the oldest was received. */
export async function countExpired(
  tx: Tx,
  venueId: string,
  { table, column }: Table,
  { before, most }: { before: Date; most: number },
): Promise<{ count: number; oldest: Date | null }> {
  const [row] = await tx<{ count: number; oldest: Date | null }[]>`
    select count(*)::int as count, min(at) as oldest
      from (select ${tx(column)} as at
              from ${tx(table)}
             where venue_id = ${venueId}
               and ${tx(column)} < ${before.toISOString()}::text::timestamptz
             order by ${tx(column)}
             limit ${most}) expired`
  return row ?? { count: 0, oldest: null }
}

/** Deletes the oldest rows received before a moment; rows that another is deleting are left to it. */
export async function deleteExpired(
  tx: Tx,
  venueId: string,
  { table, column }: Table,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const { count } = await tx`
    delete from ${tx(table)}
     where venue_id = ${venueId}
       and ctid = any (array(
             select ctid
               from ${tx(table)}
              where venue_id = ${venueId}
                and ${tx(column)} < ${before.toISOString()}::text::timestamptz
              order by ${tx(column)}
              limit ${limit}
                for update skip locked))`
  return count
}

/** As deleteExpired, of the messages in which no venue can be read. */
export async function deleteOldStrays(
  tx: Tx,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const { count } = await tx`
    delete from unattributed_quarantine
     where ctid = any (array(
             select ctid
               from unattributed_quarantine
              where received_at < ${before.toISOString()}::text::timestamptz
              order by received_at
              limit ${limit}
                for update skip locked))`
  return count
}

/** As countExpired, of the messages in which no venue can be read. */
export async function countOldStrays(
  tx: Tx,
  { before, most }: { before: Date; most: number },
): Promise<number> {
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count
      from (select from unattributed_quarantine
             where received_at < ${before.toISOString()}::text::timestamptz
             limit ${most}) expired`
  return row?.count ?? 0
}

/** Every venue of which anything may be kept, those first that were not looked at for longest. */
export const venuesToSweep = (tx: Tx) => tx<{ venueId: string }[]>`
  select venue_id from venues_to_sweep()`
