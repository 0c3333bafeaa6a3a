import { columnsOf, eachOf, item, listed } from '../clients/lists.ts'
import type { Fragment, Tx } from '../clients/postgres.ts'
import { measures } from '../ledger/entry.ts'
import type { Page } from '../paging.ts'
import { keptMs, type Tier, type Window } from './window.ts'

/** The venues whose windows or documents are behind. */
export const venuesBehind = (tx: Tx) => tx<{ venueId: string }[]>`
  select venue_id from venues_to_aggregate()`

export type Progress = {
  /** Every entry recorded until then is in the windows; null before the first time. */
  aggregatedUntil: string | null
  calendar: string | null
  token: string
  /** The moment until which the ledger is whole in this transaction. */
  recordedUntil: string
  /** The database's clock, epoch ms. */
  now: number
  /** Time alone changes some window: it is over, or has been kept long enough. */
  isDue: boolean
}

/**
 * Takes the venue's lease for this transaction and reads how far its windows are made; null when
 * another holds it, or nothing was ever recorded.
 */
export async function takeLease(tx: Tx, venueId: string): Promise<Progress | null> {
  const make = tx`
    insert into aggregations (venue_id, aggregated_until, calendar, token)
    select ${venueId}, '-infinity', '', 0
     where exists (select from venues
                    where venue_id = ${venueId} and last_recorded_at is not null)
        on conflict do nothing`
  const take = tx<Progress[]>`
    select case when isfinite(a.aggregated_until) then ${stamp(tx, tx`a.aggregated_until`)} end
             as aggregated_until,
           a.calendar, a.token,
           ${stamp(tx, tx`v.last_recorded_at`)} as recorded_until,
           floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now,
           coalesce(a.due_at <= clock_timestamp(), false) as is_due
      from aggregations a
      join venues v on v.venue_id = a.venue_id
     where a.venue_id = ${venueId}
       for update of a skip locked`
  const [, [row]] = await Promise.all([make, take])
  return row ?? null
}

/**
 * Waits for the venue's lease and holds it for this transaction, for who compares and mends what the
 * job makes; undefined where nothing is made yet.
 */
export async function holdLease(
  tx: Tx,
  venueId: string,
): Promise<Pick<Progress, 'aggregatedUntil' | 'calendar' | 'now'> | undefined> {
  const [row] = await tx<Pick<Progress, 'aggregatedUntil' | 'calendar' | 'now'>[]>`
    select case when isfinite(aggregated_until) then ${stamp(tx, tx`aggregated_until`)} end
             as aggregated_until,
           calendar,
           floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now
      from aggregations
     where venue_id = ${venueId}
       for update`
  return row
}

/**
 * Instants (epoch ms, ascending) that stand for all entries recorded in (after, until]: the first and
 * the last of each minute since `fineFrom`, of each quarter hour before. A window without one of
 * them holds no such entry.
 */
export async function changedInstants(
  tx: Tx,
  venueId: string,
  { after, until, fineFrom }: { after: string | null; until: string; fineFrom: number },
): Promise<number[]> {
  const [row] = await tx<{ instants: number[] }[]>`
    select coalesce(jsonb_agg(distinct at order by at), '[]') as instants
      from (select min(ms) as first, max(ms) as last
              from (select floor(extract(epoch from occurred_at) * 1000)::bigint as ms
                      from ledger
                     where venue_id = ${venueId}
                       and recorded_at > ${after ?? '-infinity'}::text::timestamptz
                       and recorded_at <= ${until}::text::timestamptz) entries
             group by ms / case when ms >= ${fineFrom}::text::bigint then 60000 else 900000 end,
                      ms >= ${fineFrom}::text::bigint) spans
     cross join lateral (values (first), (last)) as ends (at)`
  return row?.instants ?? []
}

/** The windows whose time is over since they were computed. */
export async function closedWindows(tx: Tx, venueId: string, now: number): Promise<Window[]> {
  return tx<Window[]>`
    select distinct tier, (extract(epoch from starts_at) * 1000)::float8 as start,
           (extract(epoch from ends_at) * 1000)::float8 as "end"
      from windows
     where venue_id = ${venueId} and not final and ends_at <= ${instant(now)}::text::timestamptz`
}

/**
 * Makes the windows anew, up to a day from the ledger as it was at `until`, longer ones from the days;
 * returns how many rows changed. A row whose numbers did not change keeps its revision and the time it
 * was computed.
 */
export async function computeWindows(
  tx: Tx,
  venueId: string,
  windows: Window[],
  moment: { until: string; now: number },
): Promise<number> {
  const isLong = ({ tier }: Window) => tier === 'week' || tier === 'month'
  const { long = [], short = [] } = Object.groupBy(windows, (w) => (isLong(w) ? 'long' : 'short'))
  const columns = columnsOf(tx, measures)
  const entries = tx`
    select l.occurred_at as at, coalesce(s.currency, '') as currency, ${columns}, 1 as entries
      from ledger l
      join series s on s.venue_id = l.venue_id and s.series_id = l.series_id
     where l.venue_id = ${venueId}
       and l.recorded_at <= ${moment.until}::text::timestamptz
       and not s.test_mode`
  const days = tx`
    select starts_at as at, currency, ${columns}, entries
      from windows
     where venue_id = ${venueId} and tier = 'day'`
  // The days first: the weeks and months are made of them.
  const changed = await Promise.all([
    short.length ? upsertSums(tx, venueId, short, entries, moment.now) : 0,
    long.length ? upsertSums(tx, venueId, long, days, moment.now) : 0,
  ])
  return changed[0] + changed[1]
}

async function upsertSums(
  tx: Tx,
  venueId: string,
  windows: Window[],
  source: Fragment,
  now: number,
): Promise<number> {
  const given = JSON.stringify(
    windows.map(({ tier, start, end }) => [tier, instant(start), instant(end)]),
  )
  const columns = columnsOf(tx, measures)
  const each = eachOf(tx, measures)
  const isChanged = tx`(w.entries, ${each`w.${item}`})
                       is distinct from (excluded.entries, ${each`excluded.${item}`})`
  const { count } = await tx`
    insert into windows as w (venue_id, tier, starts_at, ends_at, currency, ${columns},
                              entries, final, computed_at)
    select ${venueId}, g.tier, g.starts_at, g.ends_at, x.currency,
           ${each`sum(x.${item})::bigint`},
           sum(x.entries), g.ends_at <= ${instant(now)}::text::timestamptz,
           ${instant(now)}::text::timestamptz
      from (select w ->> 0 as tier, (w ->> 1)::timestamptz as starts_at,
                   (w ->> 2)::timestamptz as ends_at
              from jsonb_array_elements(${given}::text::jsonb) as w) g
      join (${source}) x on x.at >= g.starts_at and x.at < g.ends_at
     group by g.tier, g.starts_at, g.ends_at, x.currency
        on conflict (venue_id, tier, starts_at, currency)
        do update set ${each`${item} = excluded.${item}`},
                      entries = excluded.entries,
                      ends_at = excluded.ends_at,
                      final = excluded.final,
                      revision = w.revision + (${isChanged})::int,
                      computed_at = excluded.computed_at
     where ${isChanged} or w.final is distinct from excluded.final`
  return count
}

/** Forgets all windows of a venue: they were cut by another clock. */
export async function dropWindows(tx: Tx, venueId: string): Promise<void> {
  await tx`delete from windows where venue_id = ${venueId}`
}

/** Deletes windows that are not kept any longer. */
export async function dropExpired(tx: Tx, venueId: string, now: number): Promise<number> {
  const limits = Object.entries(keptMs).map(([tier, ms]) => [tier, instant(now - ms)])
  const { count } = await tx`
    delete from windows w
     using jsonb_array_elements(${JSON.stringify(limits)}::text::jsonb) as kept
     where w.venue_id = ${venueId}
       and w.tier = kept ->> 0
       and w.ends_at <= (kept ->> 1)::timestamptz`
  return count
}

/** Notes how far the windows are made and when time alone will change them. */
export async function saveProgress(
  tx: Tx,
  venueId: string,
  { until, calendar }: { until: string; calendar: string },
): Promise<void> {
  const kept = JSON.stringify(keptMs)
  await tx`
    update aggregations
       set aggregated_until = ${until}::text::timestamptz,
           calendar = ${calendar},
           token = token + 1,
           due_at = least(
             (select min(ends_at) from windows where venue_id = ${venueId} and not final),
             (select min(ends_at + (${kept}::text::jsonb ->> tier)::float8 * interval '1 millisecond')
                from windows
               where venue_id = ${venueId} and ${kept}::text::jsonb ? tier))
     where venue_id = ${venueId}`
}

type WindowRow = {
  tier: Tier
  start: Date
  end: Date
  currency: string
  numbers: Record<string, number | null>
  entries: number
  revision: number
  final: boolean
  computedAt: Date
}

/** Windows of a tier that begin in [from, to), each bound left out where it is null. */
export async function listWindows(
  tx: Tx,
  venueId: string,
  { tier, from, to }: { tier: Tier; from: string | null; to: string | null },
  { after, limit }: Page,
): Promise<WindowRow[]> {
  const [start = null, currency = ''] = after?.split(' ') ?? []
  return tx<WindowRow[]>`
    select tier, starts_at as start, ends_at as "end", currency, entries::float8, revision, final,
           computed_at,
           jsonb_build_object(${listed(
             tx,
             measures.map((measure) => tx`${measure}::text, ${tx(measure)}`),
           )}) as numbers
      from windows
     where venue_id = ${venueId} and tier = ${tier}
       and (${from}::text is null or starts_at >= ${from}::text::timestamptz)
       and (${to}::text is null or starts_at < ${to}::text::timestamptz)
       and (${start}::text is null
            or (starts_at, currency) > (${start}::text::timestamptz, ${currency}::text))
     order by starts_at, currency
     limit ${limit}`
}

const instant = (ms: number): string => new Date(ms).toISOString()

const stamp = (tx: Tx, moment: Fragment): Fragment =>
  tx`to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
