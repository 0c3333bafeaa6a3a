import type { Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { ContactPoint } from './contact-point.ts'

/** A contact point with its revision, which is what an update must name. */
export type Revised = { contactPoint: ContactPoint; revision: number }

type Row = Pick<
  ContactPoint,
  'name' | 'kind' | 'hint' | 'userId' | 'locale' | 'enabled' | 'perMinute'
>

/** Keeps a new contact point; returns the id of the one that the request has made. */
export async function insertContactPoint(
  tx: Tx,
  venueId: string,
  row: Row & { target: Buffer; onceId: string; createdBy: string },
): Promise<string> {
  await tx`
    insert into contact_points (venue_id, once_id, created_by, name, kind, target, hint, user_id,
                                locale, enabled, per_minute)
    values (${venueId}, ${row.onceId}, ${row.createdBy}, ${row.name}, ${row.kind}, ${row.target},
            ${row.hint}, ${row.userId}, ${row.locale}, ${row.enabled}, ${row.perMinute})
        on conflict (venue_id, once_id) do nothing`
  const [made] = await tx<{ id: string }[]>`
    select contact_point_id as id
      from contact_points
     where venue_id = ${venueId} and once_id = ${row.onceId}`
  return made?.id ?? ''
}

/** Locks a contact point until the end of the transaction; its revision and its sealed target. */
export async function lockContactPoint(
  tx: Tx,
  venueId: string,
  id: string,
): Promise<{ revision: number; target: Uint8Array } | undefined> {
  const [row] = await tx<{ revision: number; target: Uint8Array }[]>`
    select revision, target
      from contact_points
     where venue_id = ${venueId} and contact_point_id = ${id}::text::uuid
       for update`
  return row
}

/** Writes a contact point anew. */
export const updateContactPoint = (
  tx: Tx,
  venueId: string,
  row: Omit<Row, 'kind'> & { id: string; target: Buffer },
) => tx`
  update contact_points
     set revision = revision + 1, name = ${row.name}, hint = ${row.hint},
         target = ${row.target}, user_id = ${row.userId},
         locale = ${row.locale}, enabled = ${row.enabled}, per_minute = ${row.perMinute}
   where venue_id = ${venueId} and contact_point_id = ${row.id}::text::uuid`

/** Deletes a contact point. */
export const deleteContactPoint = (tx: Tx, venueId: string, id: string) => tx`
  delete from contact_points
   where venue_id = ${venueId} and contact_point_id = ${id}::text::uuid`

/** Which of some ids are contact points of the venue; they stay until the end of the transaction. */
export async function knownContactPoints(
  tx: Tx,
  venueId: string,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select contact_point_id as id
      from contact_points
     where venue_id = ${venueId}
       and contact_point_id::text in (
             select lower(jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb)))
     order by contact_point_id
       for share`
  return rows.map(({ id }) => id)
}

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

/** Contact points of the venue, the latest first; one alone where its id is given. */
export async function listContactPoints(
  tx: Tx,
  venueId: string,
  { after, limit }: Page,
  only: string | null = null,
): Promise<Listed<Revised>[]> {
  const [createdAt = null, id = null] = after?.split(' ') ?? []
  const told = tx`to_char(created_at at time zone 'UTC', ${iso})`
  const rows = await tx<(ContactPoint & { revision: number; position: string })[]>`
    select contact_point_id as id, name, kind, hint, user_id, locale, enabled, per_minute,
           created_by, ${told} as created_at, revision, ${told} || ' ' || contact_point_id as position
      from contact_points
     where venue_id = ${venueId}
       and (${only}::text is null or contact_point_id = ${only}::text::uuid)
       and (${createdAt}::text is null
            or (contact_points.created_at, contact_point_id)
               < (${createdAt}::text::timestamptz, ${id}::text::uuid))
     order by contact_points.created_at desc, contact_point_id desc
     limit ${limit}`
  return rows.map(({ position, revision, ...contactPoint }) => ({
    item: { contactPoint, revision },
    position,
  }))
}
