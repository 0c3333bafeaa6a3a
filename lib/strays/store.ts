import type { Fragment, Tx } from '../clients/postgres.ts'
import type { Listed, Page } from '../paging.ts'
import type { Stray, StrayFilter, StrayWhole } from './schema.ts'

/** Keeps messages in which no venue can be read; `rows` is a list in JSON. */
export async function insertStrays(tx: Tx, rows: string): Promise<void> {
  await tx`
    insert into unattributed_quarantine (fingerprint, type, code, path, message, body, trace_id)
    select q.fingerprint, q.type, q.code, q.path, q.message, q.body, q.trace_id
      from jsonb_to_recordset(${rows}::text::jsonb) as q (
             fingerprint text, type text, code text, path text, message text, body text,
             trace_id text)
        on conflict do nothing`
}

type Row = Omit<Stray, 'id'> & { quarantineId: string; position: string }

/** Messages in which no venue can be read, the latest first. */
export async function listStrays(
  tx: Tx,
  { code, from, to }: StrayFilter,
  { after, limit }: Page,
): Promise<Listed<Stray>[]> {
  const [receivedAt = null, id = null] = after?.split(' ') ?? []
  const rows = await tx<Row[]>`
    select ${columns(tx)}
      from unattributed_quarantine q
     where (${code ?? null}::text is null or q.code = ${code ?? null}::text)
       and (${from}::text is null or q.received_at >= ${from}::text::timestamptz)
       and (${to}::text is null or q.received_at < ${to}::text::timestamptz)
       and (${receivedAt}::text is null
            or (q.received_at, q.quarantine_id)
                 < (${receivedAt}::text::timestamptz, ${id}::text::uuid))
     order by q.received_at desc, q.quarantine_id desc
     limit ${limit}`
  return rows.map(listed)
}

/** One of them with its whole message. */
export async function findStray(tx: Tx, id: string): Promise<StrayWhole | undefined> {
  const [row] = await tx<(Row & { body: string })[]>`
    select ${columns(tx)}, q.body
      from unattributed_quarantine q
     where q.quarantine_id = ${id}`
  return row && { ...listed(row).item, body: row.body }
}

const listed = ({ quarantineId: id, position, ...rest }: Row) => ({
  item: { id, ...rest },
  position,
})

const columns = (tx: Tx): Fragment => tx`
  q.quarantine_id, q.type, q.code, q.path, q.message, q.trace_id,
  to_char(q.received_at at time zone 'UTC', ${iso}) as received_at,
  to_char(q.received_at at time zone 'UTC', ${iso}) || ' ' || q.quarantine_id as position`

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
