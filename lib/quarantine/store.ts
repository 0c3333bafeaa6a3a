import type { Tx } from '../clients/postgres.ts'
import type { Refused } from '../events/door.ts'

/** What cannot be counted as it is: why, where, and the whole message without people in it. */
export type Quarantined = Pick<Refused, 'eventId' | 'type' | 'path' | 'message' | 'body'> & {
  code: string
  fingerprint: string
}

/** Keeps refused events of a venue; the same one again changes nothing. */
export async function insertQuarantine(
  tx: Tx,
  venueId: string,
  refused: Quarantined[],
): Promise<void> {
  await tx`
    insert into quarantine (venue_id, fingerprint, event_id, type, code, path, message, body)
    select ${venueId}, q.fingerprint, q.event_id, q.type, q.code, q.path, q.message, q.body
      from jsonb_to_recordset(${rowsOf(refused)}::text::jsonb) as q (
             fingerprint text, event_id text, type text, code text, path text, message text,
             body text)
        on conflict do nothing`
}

/** Keeps messages in which no venue can be read, for operations. */
export async function insertUnattributed(tx: Tx, refused: Quarantined[]): Promise<void> {
  await tx`
    insert into unattributed_quarantine (fingerprint, code, path, message, body)
    select q.fingerprint, q.code, q.path, q.message, q.body
      from jsonb_to_recordset(${rowsOf(refused)}::text::jsonb) as q (
             fingerprint text, code text, path text, message text, body text)
        on conflict do nothing`
}

const rowsOf = (refused: Quarantined[]): string =>
  JSON.stringify(
    refused.map(({ eventId, type, fingerprint, code, path, message, body }) => ({
      event_id: eventId,
      type,
      fingerprint,
      code,
      path,
      message,
      // what no text of Postgres can hold would keep the refusal itself from being kept
      body: body.replaceAll('\0', '\uFFFD').toWellFormed(),
    })),
  )
