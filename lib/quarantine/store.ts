import type { Fragment, Tx } from '../clients/postgres.ts'
import type { Refused } from '../events/door.ts'
import type { Listed, Page } from '../paging.ts'
import { finalCodes, mostReplayBytes } from './codes.ts'
import type { Filter, Kept, KeptWhole } from './schema.ts'

/** What cannot be counted as it is: why, where, and the whole message without people in it. */
export type Quarantined = Pick<
  Refused,
  'eventId' | 'type' | 'path' | 'message' | 'body' | 'traceId'
> & {
  code: string
  fingerprint: string
  /** The row whose replay was refused. */
  replayOf?: string | undefined
}

/** Keeps refused events of a venue; the same one again changes nothing. */
export async function insertQuarantine(
  tx: Tx,
  venueId: string,
  refused: Quarantined[],
): Promise<void> {
  await tx`
    insert into quarantine (venue_id, fingerprint, event_id, type, code, path, message, body,
                            trace_id)
    select ${venueId}, q.fingerprint, q.event_id, q.type, q.code, q.path, q.message, q.body,
           q.trace_id
      from jsonb_to_recordset(${rowsOf(refused)}::text::jsonb) as q (
             fingerprint text, event_id text, type text, code text, path text, message text,
             body text, trace_id text)
        on conflict do nothing`
}

/** Notes that replays were counted, or known; `ids` are those of rows. */
export async function markCounted(tx: Tx, venueId: string, ids: string[]): Promise<void> {
  await tx`
    update quarantine
       set state = 'counted'
     where venue_id = ${venueId}
       and quarantine_id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb)::uuid)`
}

/** Keeps what a replay was refused for again: the same rows, with the reason of today. */
export async function keepAgain(tx: Tx, venueId: string, refused: Quarantined[]): Promise<void> {
  const rows = refused.map(({ replayOf, code, path, message }) => ({
    quarantine_id: replayOf,
    code,
    path,
    message,
  }))
  await tx`
    update quarantine q
       set state = 'kept', code = r.code, path = r.path, message = r.message
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (
             quarantine_id uuid, code text, path text, message text)
     where q.venue_id = ${venueId}
       and q.quarantine_id = r.quarantine_id
       and q.state <> 'counted'`
}

type Row = Omit<Kept, 'id'> & { quarantineId: string; position: string }

/** A venue's quarantine, the latest first. `after` is the position of the last row shown. */
export async function listKept(
  tx: Tx,
  venueId: string,
  filter: Filter,
  page: Page,
): Promise<Listed<Kept>[]> {
  const rows = await tx<Row[]>`
    select ${keptColumns(tx)}
      from quarantine q
     where q.venue_id = ${venueId}
       and ${passes(tx, filter)}
       and ${isBefore(tx, page.after)}
     order by q.received_at desc, q.quarantine_id desc
     limit ${page.limit}`
  return rows.map(listed)
}

/** One row of a venue's quarantine with its whole message. */
export async function findKept(
  tx: Tx,
  venueId: string,
  id: string,
): Promise<KeptWhole | undefined> {
  const [row] = await tx<(Row & { body: string })[]>`
    select ${keptColumns(tx)}, q.body
      from quarantine q
     where q.venue_id = ${venueId}
       and q.quarantine_id = ${id}`
  return row && { ...listed(row).item, body: row.body }
}

export type Claim = {
  quarantineId: string
  eventId: string | null
  traceId: string | null
  body: string
}

/**
 * Takes rows for a replay, at most `limit` and so many bytes, the oldest first. Two requests at once
 * never take the same row. One whose replay has not ended after a quarter of an hour, because who
 * took it died, may be taken again: what is sent twice counts once.
 */
export async function claim(
  tx: Tx,
  venueId: string,
  filter: Filter,
  most: { rows: number; bytes: number },
): Promise<Claim[]> {
  return tx<Claim[]>`
    with waiting as (
      select q.quarantine_id, q.received_at, octet_length(q.body) as bytes
        from quarantine q
       where q.venue_id = ${venueId}
         and ${passes(tx, filter)}
         and ${isOpen(tx)}
       order by q.received_at, q.quarantine_id
       limit ${most.rows}),
    chosen as (
      select quarantine_id, sum(bytes) over (order by received_at, quarantine_id) as total
        from waiting)
    update quarantine q
       set state = 'replaying', attempts = q.attempts + 1, replayed_at = clock_timestamp()
      from chosen c
     where q.venue_id = ${venueId}
       and q.quarantine_id = c.quarantine_id
       and c.total <= ${most.bytes}
       and ${isOpen(tx)}
    returning q.quarantine_id, q.event_id, q.trace_id, q.body`
}

/** How many rows a replay could still take. */
export async function countOpen(tx: Tx, venueId: string, filter: Filter): Promise<number> {
  const [row] = await tx<{ open: number }[]>`
    select count(*)::int as open
      from quarantine q
     where q.venue_id = ${venueId}
       and ${passes(tx, filter)}
       and ${isOpen(tx)}`
  return row?.open ?? 0
}

/** Gives back rows whose replay could not be sent. */
export async function release(tx: Tx, venueId: string, ids: string[]): Promise<void> {
  await tx`
    update quarantine
       set state = 'kept', attempts = attempts - 1
     where venue_id = ${venueId}
       and state = 'replaying'
       and quarantine_id in (select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb)::uuid)`
}

/** How many events wait in a venue's quarantine, by state. */
export async function countWaiting(tx: Tx, venueId: string) {
  const [row] = await tx<{ kept: number; replaying: number }[]>`
    select count(*) filter (where state = 'kept')::int as kept,
           count(*) filter (where state = 'replaying')::int as replaying
      from quarantine
     where venue_id = ${venueId}
       and state <> 'counted'`
  return { kept: row?.kept ?? 0, replaying: row?.replaying ?? 0 }
}

const listed = ({ quarantineId: id, position, ...rest }: Row) => ({
  item: { id, ...rest },
  position,
})

const keptColumns = (tx: Tx): Fragment => tx`
  q.quarantine_id, q.event_id, q.type, q.code, q.path, q.message, q.state, q.attempts, q.trace_id,
  q.state = 'kept' and ${isReplayable(tx)} as replayable,
  to_char(q.received_at at time zone 'UTC', ${iso}) as received_at,
  to_char(q.replayed_at at time zone 'UTC', ${iso}) as replayed_at,
  to_char(q.received_at at time zone 'UTC', ${iso}) || ' ' || q.quarantine_id as position`

/** RFC 3339 in UTC to the microsecond. */
const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'

const isReplayable = (tx: Tx): Fragment => tx`
  q.code not in (select jsonb_array_elements_text(${JSON.stringify(Object.keys(finalCodes))}::text::jsonb))
  and octet_length(q.body) <= ${mostReplayBytes}`

const isOpen = (tx: Tx): Fragment => tx`
  (q.state = 'kept'
    or q.state = 'replaying' and q.replayed_at < clock_timestamp() - interval '15 minutes')
  and ${isReplayable(tx)}`

const passes = (tx: Tx, { code, type, state, ids, from, to }: Filter): Fragment => tx`
  (${code ?? null}::text is null or q.code = ${code ?? null}::text)
  and (${type ?? null}::text is null or q.type = ${type ?? null}::text)
  and (${state ?? null}::text is null or q.state = ${state ?? null}::text)
  and (${from}::text is null or q.received_at >= ${from}::text::timestamptz)
  and (${to}::text is null or q.received_at < ${to}::text::timestamptz)
  and (${ids ? JSON.stringify(ids) : null}::text is null
       or q.quarantine_id in (
            select jsonb_array_elements_text(${JSON.stringify(ids ?? [])}::text::jsonb)::uuid))`

/** The rows after a position, the latest first. */
function isBefore(tx: Tx, after: string | null): Fragment {
  if (after === null) return tx`true`
  const [receivedAt = '', id = ''] = after.split(' ')
  return tx`(q.received_at, q.quarantine_id) < (${receivedAt}::text::timestamptz, ${id}::text::uuid)`
}

/** Refused events as rows in JSON. */
export const rowsOf = (refused: Quarantined[]): string =>
  JSON.stringify(
    refused.map(({ eventId, type, fingerprint, code, path, message, body, traceId }) => ({
      event_id: eventId,
      type,
      fingerprint,
      code,
      path,
      message,
      trace_id: traceId,
      // what no text of Postgres can hold would keep the refusal itself from being kept
      body: body.replaceAll('\0', '\uFFFD').toWellFormed(),
    })),
  )
