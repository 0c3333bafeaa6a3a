import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { NewSilence, Silence } from './silence-schema.ts'

/** Serializes those who add silences to a venue, and counts those that are not over. */
export async function lockCount(tx: Tx, venueId: string, onceId: string): Promise<number> {
  await tx`select pg_advisory_xact_lock(hashtext('silences'), hashtext(${venueId}))`
  const [row] = await tx<{ count: number }[]>`
    select count(*)::int as count
      from silences
     where venue_id = ${venueId} and ends_at > clock_timestamp() and once_id <> ${onceId}`
  return row?.count ?? 0
}

/** Forgets silences that were over so many days ago. */
export const deleteOldSilences = (tx: Tx, venueId: string, days: number) => tx`
  delete from silences
   where venue_id = ${venueId}
     and ends_at < clock_timestamp() - ${days} * interval '1 day'`

/** Keeps a new silence; returns the id of the one that the request has made. */
export async function insertSilence(
  tx: Tx,
  venueId: string,
  { onceId, createdBy, wish }: { onceId: string; createdBy: string; wish: NewSilence },
): Promise<string> {
  await tx`
    insert into silences (venue_id, once_id, created_by, matchers, comment, starts_at, ends_at)
    values (${venueId}, ${onceId}, ${createdBy}, ${JSON.stringify(wish.matchers)}::text::jsonb,
            ${wish.comment}, coalesce(${wish.startsAt ?? null}::text::timestamptz, clock_timestamp()),
            ${wish.endsAt}::text::timestamptz)
        on conflict (venue_id, once_id) do nothing`
  const [made] = await tx<{ id: string }[]>`
    select silence_id as id from silences where venue_id = ${venueId} and once_id = ${onceId}`
  return made?.id ?? ''
}

/** Ends a silence: one that is active ends now, one that has not begun is deleted. Returns what it was. */
export async function endSilence(
  tx: Tx,
  venueId: string,
  id: string,
): Promise<Silence['state'] | undefined> {
  const [found] = await tx<Pick<Silence, 'state'>[]>`
    select ${state(tx)} as state
      from silences
     where venue_id = ${venueId} and silence_id = ${id}::text::uuid
       for update`
  if (found?.state === 'active') {
    await tx`
      update silences
         set ends_at = clock_timestamp()
       where venue_id = ${venueId} and silence_id = ${id}::text::uuid`
  }
  if (found?.state === 'pending') {
    await tx`
      delete from silences where venue_id = ${venueId} and silence_id = ${id}::text::uuid`
  }
  return found?.state
}

const state = (tx: Tx) => tx`
  case when starts_at > clock_timestamp() then 'pending'
       when ends_at > clock_timestamp() then 'active'
       else 'expired' end`

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

/** Silences of the venue, the latest first; one alone where its id is given. */
export async function listSilences(
  tx: Tx,
  venueId: string,
  wanted: Silence['state'] | null,
  { after, limit }: Page,
  only: string | null = null,
): Promise<Listed<Silence>[]> {
  const [createdAt = null, id = null] = after?.split(' ') ?? []
  const text = (column: string) => tx`to_char(${tx(column)} at time zone 'UTC', ${iso})`
  const rows = await tx<(Silence & { position: string })[]>`
    select silence_id as id, matchers, comment, ${text('starts_at')} as starts_at,
           ${text('ends_at')} as ends_at, ${state(tx)} as state, created_by,
           ${text('created_at')} as created_at,
           ${text('created_at')} || ' ' || silence_id as position
      from silences
     where venue_id = ${venueId}
       and (${only}::text is null or silence_id = ${only}::text::uuid)
       and (${wanted}::text is null or ${state(tx)} = ${wanted})
       and (${createdAt}::text is null
            or (silences.created_at, silence_id)
               < (${createdAt}::text::timestamptz, ${id}::text::uuid))
     order by silences.created_at desc, silence_id desc
     limit ${limit}`
  return rows.map(({ position, ...item }) => ({ item, position }))
}
