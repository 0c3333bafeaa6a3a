import type { Tx } from '../clients/postgres.ts'
import type { NewExport } from './schema.ts'

/** Notes an export that is asked for; where one of the same `onceId` exists that one stays. */
export async function insertExport(
  tx: Tx,
  venueId: string,
  { createdBy, body, onceId }: { createdBy: string; body: NewExport; onceId: string },
): Promise<string> {
  const { type, format, ...question } = body
  await tx`
    insert into exports (venue_id, once_id, created_by, type, format, question, as_of)
    values (${venueId}, ${onceId}, ${createdBy}, ${type}, ${format},
            ${JSON.stringify(question)}::text::jsonb, clock_timestamp())
        on conflict (venue_id, once_id) do nothing`
  const [row] = await tx<{ id: string }[]>`
    select export_id as id from exports where venue_id = ${venueId} and once_id = ${onceId}`
  if (!row) throw new Error('the export was inserted or is there')
  return row.id
}
