import type { Tx } from '../clients/postgres.ts'
import type { Calendar } from '../time/periods.ts'

export type Clock = Calendar & { venueId: string; lastRecordedAt: string }

/** The clocks of venues that recorded anything in the last two days; those being recut left out. */
export const clocksOfLately = (tx: Tx) => tx<Clock[]>`
  select venue_id, time_zone, day_start, week_start,
         to_char(last_recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
           as last_recorded_at
    from venues_recorded_lately()`

export type Reset = {
  /** Everything recorded until then was counted before the reset; null where nothing was. */
  recordedUntil: string | null
  resetAt: string
}

/** The last reset of a counter, undefined where it was never reset. */
export async function findReset(tx: Tx, venueId: string, name: string): Promise<Reset | undefined> {
  const [row] = await tx<Reset[]>`
    select case when isfinite(recorded_until) then to_char(
             recorded_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
           end as recorded_until,
           to_char(reset_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as reset_at
      from counter_resets
     where venue_id = ${venueId}
       and name = ${name}`
  return row
}

/** Notes that a counter begins anew after everything that is recorded; must follow lockVenue. Returns when. */
export async function writeReset(
  tx: Tx,
  venueId: string,
  name: string,
  recordedUntil: string | null,
): Promise<string> {
  const [row] = await tx<{ resetAt: string }[]>`
    insert into counter_resets (venue_id, name, recorded_until, reset_at)
    values (${venueId}, ${name}, ${recordedUntil ?? '-infinity'}::text::timestamptz,
            clock_timestamp())
        on conflict (venue_id, name)
        do update set recorded_until = excluded.recorded_until,
                      reset_at = excluded.reset_at
    returning to_char(reset_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as reset_at`
  if (!row) throw new Error('an upsert returns its row')
  return row.resetAt
}
