import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { MuteWindow, NewMuteWindow } from './mute-window-schema.ts'
import type { Hours } from './rule.ts'

/** A mute window with its revision, which is what an update must name. */
export type Revised = { muteWindow: MuteWindow; revision: number }

const hoursOf = ({ tz, days, from, to }: NewMuteWindow): string =>
  JSON.stringify({ tz, days, from, to } satisfies Hours)

/** Keeps a new mute window; returns the id of the one that the request has made. */
export async function insertMuteWindow(
  tx: Tx,
  venueId: string,
  { onceId, createdBy, wish }: { onceId: string; createdBy: string; wish: NewMuteWindow },
): Promise<string> {
  await tx`
    insert into mute_windows (venue_id, once_id, created_by, name, hours, matchers, enabled)
    values (${venueId}, ${onceId}, ${createdBy}, ${wish.name}, ${hoursOf(wish)}::text::jsonb,
            ${JSON.stringify(wish.matchers)}::text::jsonb, ${wish.enabled})
        on conflict (venue_id, once_id) do nothing`
  const [made] = await tx<{ id: string }[]>`
    select mute_window_id as id
      from mute_windows
     where venue_id = ${venueId} and once_id = ${onceId}`
  return made?.id ?? ''
}

/** Locks a mute window until the end of the transaction; its revision. */
export async function lockMuteWindow(
  tx: Tx,
  venueId: string,
  id: string,
): Promise<number | undefined> {
  const [row] = await tx<{ revision: number }[]>`
    select revision
      from mute_windows
     where venue_id = ${venueId} and mute_window_id = ${id}::text::uuid
       for update`
  return row?.revision
}

/** Writes a mute window anew, the next revision of it. */
export const updateMuteWindow = (tx: Tx, venueId: string, id: string, now: NewMuteWindow) => tx`
  update mute_windows
     set revision = revision + 1, name = ${now.name}, hours = ${hoursOf(now)}::text::jsonb,
         matchers = ${JSON.stringify(now.matchers)}::text::jsonb, enabled = ${now.enabled}
   where venue_id = ${venueId} and mute_window_id = ${id}::text::uuid`

/** Deletes a mute window; whether there was one. */
export async function deleteMuteWindow(tx: Tx, venueId: string, id: string): Promise<boolean> {
  const { count } = await tx`
    delete from mute_windows
     where venue_id = ${venueId} and mute_window_id = ${id}::text::uuid`
  return count > 0
}

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

type Row = Omit<MuteWindow, keyof Hours> & { hours: Hours; revision: number; position: string }

/** Mute windows of the venue, the latest first; one alone where its id is given. */
export async function listMuteWindows(
  tx: Tx,
  venueId: string,
  { after, limit }: Page,
  only: string | null = null,
): Promise<Listed<Revised>[]> {
  const [createdAt = null, id = null] = after?.split(' ') ?? []
  const told = tx`to_char(created_at at time zone 'UTC', ${iso})`
  const rows = await tx<Row[]>`
    select mute_window_id as id, name, hours, matchers, enabled, created_by,
           ${told} as created_at, revision, ${told} || ' ' || mute_window_id as position
      from mute_windows
     where venue_id = ${venueId}
       and (${only}::text is null or mute_window_id = ${only}::text::uuid)
       and (${createdAt}::text is null
            or (mute_windows.created_at, mute_window_id)
               < (${createdAt}::text::timestamptz, ${id}::text::uuid))
     order by mute_windows.created_at desc, mute_window_id desc
     limit ${limit}`
  return rows.map(({ position, revision, hours, ...rest }) => ({
    item: { muteWindow: { ...rest, ...hours }, revision },
    position,
  }))
}
