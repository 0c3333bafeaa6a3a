import type { Tx } from '../clients/postgres.ts'
import type { Tally } from './tally.ts'

/** Adds what one commit took in to the quarter hour it is recorded in. */
export async function addIntake(
  tx: Tx,
  venueId: string,
  tallies: Tally[],
  recordedAt: string,
): Promise<void> {
  const rows = tallies.map(({ lagMs, ...rest }) => ({ ...rest, lag_ms: Math.round(lagMs) }))
  await tx`
    insert into intake as i (venue_id, quarter, type, code, counted, known, quarantined, replayed,
                             lag_ms)
    select ${venueId}, date_bin('15 minutes', ${recordedAt}::text::timestamptz, 'epoch'), t.type,
           t.code, t.counted, t.known, t.quarantined, t.replayed, t.lag_ms
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as t (
             type text, code text, counted bigint, known bigint, quarantined bigint,
             replayed bigint, lag_ms bigint)
        on conflict (venue_id, quarter, type, code)
        do update set counted = i.counted + excluded.counted,
                      known = i.known + excluded.known,
                      quarantined = i.quarantined + excluded.quarantined,
                      replayed = i.replayed + excluded.replayed,
                      lag_ms = greatest(i.lag_ms, excluded.lag_ms)`
}

export type IntakeRow = Tally & { quarter: Date }

/** What a venue took in from one moment to another, epoch ms, by quarter hour. */
export async function readIntake(
  tx: Tx,
  venueId: string,
  from: number,
  to: number,
): Promise<IntakeRow[]> {
  return tx<IntakeRow[]>`
    select quarter, type, code, counted::float8, known::float8, quarantined::float8,
           replayed::float8, lag_ms::float8
      from intake
     where venue_id = ${venueId}
       and quarter >= ${new Date(from).toISOString()}::text::timestamptz
       and quarter < ${new Date(to).toISOString()}::text::timestamptz`
}

/** When the latest event of a venue's ledger happened; null for an empty one. */
export async function readLastOccurred(tx: Tx, venueId: string): Promise<string | null> {
  const [row] = await tx<{ occurredAt: Date }[]>`
    select occurred_at
      from ledger
     where venue_id = ${venueId}
     order by occurred_at desc
     limit 1`
  return row?.occurredAt.toISOString() ?? null
}
