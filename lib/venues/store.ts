import type { Tx } from '../clients/postgres.ts'
import { defaultSettings, type Settings } from './settings.ts'
import type { Sources } from './sources.ts'

export type VenueRow = {
  settings: Settings
  revision: number
  daysStale: boolean
  /** Some order was paid by events of different dimensions. */
  splitOrders: boolean
  lastRecordedAt: string | null
}

type Row = Settings & {
  revision: number
  daysStale: boolean
  splitOrders: boolean
  lastRecordedAt: string | null
}

/** The venue's settings and state; the defaults for a venue that nobody has written to yet. */
export async function readVenue(tx: Tx, venueId: string): Promise<VenueRow> {
  const [row] = await tx<Row[]>`
    select name, time_zone, day_start, week_start, currency, revision, days_stale, split_orders,
           to_char(last_recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
             as last_recorded_at
      from venues
     where venue_id = ${venueId}`
  if (!row)
    return {
      settings: defaultSettings,
      revision: 0,
      daysStale: false,
      splitOrders: false,
      lastRecordedAt: null,
    }
  const { revision, daysStale, splitOrders, lastRecordedAt, ...settings } = row
  return { settings, revision, daysStale, splitOrders, lastRecordedAt }
}

/**
 * Notes an ingest on the venue's row: when it was recorded, and what waits because of it. Returns in
 * how many seconds the venue's sockets are to be told; null where nobody listens, or a message of the
 * last five seconds is on its way. The row of the announcement stays locked until the commit: a
 * broadcast that begins meanwhile waits for it, and has these numbers.
 */
export async function touchVenue(
  tx: Tx,
  venueId: string,
  recordedAt: string,
  told: {
    daysStale: boolean
    archiveBehind: boolean
    splitOrders: boolean
    tellsAbandonments: boolean
    sources: Sources
  },
): Promise<number | null> {
  const [row] = await tx<{ tellIn: number | null }[]>`
    with watched as (
      select sent_at, told_at from announcements where venue_id = ${venueId} for update
    ), sent as (
      update announcements a
         set sent_at = clock_timestamp()
        from watched w
       where a.venue_id = ${venueId}
         and (w.sent_at is null or w.sent_at < clock_timestamp() - interval '5 seconds')
      returning coalesce(w.told_at > clock_timestamp() - interval '1 second', false)::int as tell_in
    )
    insert into venues as v (venue_id, last_recorded_at, days_stale, archive_behind, split_orders,
                             tells_abandonments, sources)
    values (${venueId}, ${recordedAt}::text::timestamptz, ${told.daysStale}, ${told.archiveBehind},
            ${told.splitOrders}, ${told.tellsAbandonments}, ${JSON.stringify(told.sources)}::text::jsonb)
        on conflict (venue_id)
        do update set last_recorded_at = excluded.last_recorded_at,
                      days_stale = v.days_stale or excluded.days_stale,
                      archive_behind = v.archive_behind or excluded.archive_behind,
                      split_orders = v.split_orders or excluded.split_orders,
                      tells_abandonments = v.tells_abandonments or excluded.tells_abandonments,
                      sources = excluded.sources
    returning (select tell_in from sent) as tell_in`
  return row?.tellIn ?? null
}

/** Writes settings and who settled them; the caller has decided that this change is the later. */
export async function writeSettings(
  tx: Tx,
  venueId: string,
  settings: Settings,
  settled: { at: string; by: string; makesDaysStale: boolean },
): Promise<void> {
  await tx`
    insert into venues as v (venue_id, name, time_zone, day_start, week_start, currency,
                             settled_at, settled_by, revision, days_stale)
    values (${venueId}, ${settings.name}, ${settings.timeZone}, ${settings.dayStart},
            ${settings.weekStart}, ${settings.currency}, ${settled.at}::text::timestamptz,
            ${settled.by}, 1, ${settled.makesDaysStale})
        on conflict (venue_id)
        do update set name = excluded.name,
                      time_zone = excluded.time_zone,
                      day_start = excluded.day_start,
                      week_start = excluded.week_start,
                      currency = excluded.currency,
                      settled_at = excluded.settled_at,
                      settled_by = excluded.settled_by,
                      revision = v.revision + 1,
                      days_stale = v.days_stale or excluded.days_stale`
}
