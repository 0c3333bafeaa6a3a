import { columnsOf, eachOf, item } from '../clients/lists.ts'
import type { Fragment, Tx } from '../clients/postgres.ts'
import { measures } from '../ledger/entry.ts'
import { covered, type Window } from '../windows/window.ts'

/** Numbers by measure, and `entries`; of those that differ only. */
export type Sums = Record<string, number>
export type Checked = { checked: number; found: number }

/** At most so many differences of a store are kept one by one; all are counted and healed. */
const mostFindings = 1000

/** The sums of one tier in [from, to), epoch ms, that begin at `starts`; null: each quarter hour. */
export type BucketSpan = {
  tier: 'quarter' | 'day'
  from: number
  to: number
  starts: number[] | null
}

/** Compares a tier with the ledger, in one statement and so of one moment. */
export async function compareBuckets(tx: Tx, venueId: string, span: BucketSpan): Promise<Checked> {
  const [row] = await tx<Checked[]>`
    with ${bucketDrift(tx, venueId, span)}
    select (select count(*)::int from stored) as checked, (select count(*)::int from drift) as found`
  return row ?? { checked: 0, found: 0 }
}

/** Rewrites what differs from the ledger and keeps it; the caller holds the venue's lock. */
export async function healBuckets(
  tx: Tx,
  venueId: string,
  runId: string,
  span: BucketSpan,
): Promise<number> {
  const columns = columnsOf(tx, measures)
  const [row] = await tx<{ found: number }[]>`
    with ${bucketDrift(tx, venueId, span)}, removed as (
      delete from buckets b
       using drift d
       where b.venue_id = ${venueId} and b.tier = ${span.tier}
         and b.bucket = d.bucket and b.series_id = d.series_id and d.recomputed is null
    ), written as (
      insert into buckets as b (venue_id, tier, bucket, series_id, ${columns}, entries)
      select ${venueId}, ${span.tier}, bucket, series_id, ${columns}, entries
        from recomputed
       where (bucket, series_id) in (select bucket, series_id from drift)
          on conflict (venue_id, tier, bucket, series_id)
          do update set ${eachOf(tx, measures)`${item} = excluded.${item}`},
                        entries = excluded.entries
    ), kept as (
      insert into audit_findings (venue_id, run_id, store, place, stored, recomputed, healed)
      select ${venueId}, ${runId}, ${span.tier},
             jsonb_strip_nulls(jsonb_build_object('start', ${instantOf(tx, tx`d.bucket`)})
                               || coalesce(to_jsonb(s) - '{venue_id,series_id}'::text[], '{}')),
             ${only(tx, tx`d.stored`, tx`d.recomputed`)}, ${only(tx, tx`d.recomputed`, tx`d.stored`)},
             true
        from drift d
        left join series s on s.venue_id = ${venueId} and s.series_id = d.series_id
       order by d.bucket, d.series_id
       limit ${mostFindings}
    )
    select count(*)::int as found from drift`
  return row?.found ?? 0
}

function bucketDrift(tx: Tx, venueId: string, { tier, from, to, starts }: BucketSpan): Fragment {
  const range = (column: Fragment) => tx`${column} >= ${iso(from)}::text::timestamptz
         and ${column} < ${iso(to)}::text::timestamptz`
  // A subquery, so that the text is read once and not for every entry.
  const bounds = tx`(select ${`{${(starts ?? []).map(iso).join(',')}}`}::text::timestamptz[])`
  const bucket = starts
    ? tx`(${bounds})[width_bucket(occurred_at, ${bounds})]`
    : tx`date_bin('15 minutes', occurred_at, 'epoch')`
  const recomputed = tx`
      select ${bucket} as bucket, series_id,
             ${eachOf(tx, measures)`sum(${item})::bigint as ${item}`}, count(*) as entries
        from ledger
       where venue_id = ${venueId} and ${range(tx`occurred_at`)}
       group by 1, 2`
  const stored = tx`
      select bucket, series_id, ${columnsOf(tx, measures)}, entries
        from buckets
       where venue_id = ${venueId} and tier = ${tier} and ${range(tx`bucket`)}`
  return driftOf(tx, ['bucket', 'series_id'], stored, recomputed)
}

export type WindowDrift = {
  tier: Window['tier']
  start: number
  end: number
  currency: string
  stored: Sums | null
  recomputed: Sums | null
}

/** Compares windows with the ledger as it was at `until`: those given, and any other among them. */
export async function compareWindows(
  tx: Tx,
  venueId: string,
  windows: Window[],
  until: string,
): Promise<{ checked: number; drift: WindowDrift[] }> {
  const listed = (some: Window[]) =>
    JSON.stringify(some.map(({ tier, start, end }) => [tier, iso(start), iso(end)]))
  const rows = (some: Window[]) => tx`
      select w ->> 0 as tier, (w ->> 1)::timestamptz as starts_at, (w ->> 2)::timestamptz as ends_at
        from jsonb_array_elements(${listed(some)}::text::jsonb) as w`
  const columns = columnsOf(tx, measures)
  const recomputed = tx`
      select g.tier, g.starts_at, g.ends_at, coalesce(s.currency, '') as currency,
             ${eachOf(tx, measures)`sum(l.${item})::bigint as ${item}`}, count(*) as entries
        from given g
        join ledger l on l.venue_id = ${venueId}
         and l.occurred_at >= g.starts_at and l.occurred_at < g.ends_at
         and l.recorded_at <= ${until}::text::timestamptz
        join series s on s.venue_id = l.venue_id and s.series_id = l.series_id
       where not s.test_mode
       group by 1, 2, 3, 4`
  const stored = tx`
      select w.tier, w.starts_at, w.ends_at, w.currency, ${columns}, w.entries
        from windows w
        join (${rows(covered(windows))}) g
          on g.tier = w.tier and w.starts_at >= g.starts_at and w.starts_at < g.ends_at
       where w.venue_id = ${venueId}`
  const epoch = (moment: Fragment) => tx`(extract(epoch from ${moment}) * 1000)::float8`
  const [row] = await tx<{ checked: number; drift: WindowDrift[] }[]>`
    with given as materialized (${rows(windows)}), ${driftOf(tx, ['tier', 'starts_at', 'ends_at', 'currency'], stored, recomputed)}
    select (select count(*)::int from stored) as checked,
           (select coalesce(jsonb_agg(jsonb_build_object(
                     'tier', d.tier, 'start', ${epoch(tx`d.starts_at`)},
                     'end', ${epoch(tx`d.ends_at`)}, 'currency', d.currency,
                     'stored', ${only(tx, tx`d.stored`, tx`d.recomputed`)},
                     'recomputed', ${only(tx, tx`d.recomputed`, tx`d.stored`)})), '[]')
              from drift d) as drift`
  return row ?? { checked: 0, drift: [] }
}

/** Deletes windows that the ledger knows nothing of. */
export async function deleteWindows(tx: Tx, venueId: string, drift: WindowDrift[]): Promise<void> {
  const given = JSON.stringify(
    drift.map(({ tier, start, end, currency }) => [tier, iso(start), iso(end), currency]),
  )
  await tx`
    delete from windows w
     using jsonb_array_elements(${given}::text::jsonb) as g
     where w.venue_id = ${venueId}
       and w.tier = g ->> 0
       and w.starts_at = (g ->> 1)::timestamptz
       and w.ends_at = (g ->> 2)::timestamptz
       and w.currency = g ->> 3`
}

/**
 * Compares the sums of all shows with the ledger as it was at `until`, rewrites what differs and
 * keeps it; the caller holds the lease of the venue's windows, and so nobody else writes them.
 */
export async function healShows(
  tx: Tx,
  venueId: string,
  runId: string,
  until: string,
): Promise<Checked> {
  const columns = columnsOf(tx, measures)
  const recomputed = tx`
      select s.event as show_id, coalesce(s.currency, '') as currency,
             ${eachOf(tx, measures)`sum(l.${item})::bigint as ${item}`}, count(*) as entries
        from ledger l
        join series s on s.venue_id = l.venue_id and s.series_id = l.series_id
       where l.venue_id = ${venueId}
         and l.recorded_at <= ${until}::text::timestamptz
         and s.event is not null
         and not s.test_mode
       group by 1, 2`
  const stored = tx`
      select show_id, currency, ${columns}, entries
        from show_totals
       where venue_id = ${venueId}`
  const [row] = await tx<Checked[]>`
    with ${driftOf(tx, ['show_id', 'currency'], stored, recomputed)}, removed as (
      delete from show_totals t
       using drift d
       where t.venue_id = ${venueId}
         and t.show_id = d.show_id and t.currency = d.currency and d.recomputed is null
    ), written as (
      insert into show_totals as t (venue_id, show_id, currency, ${columns}, entries, as_of)
      select ${venueId}, show_id, currency, ${columns}, entries, ${until}::text::timestamptz
        from recomputed
       where (show_id, currency) in (select show_id, currency from drift)
          on conflict (venue_id, show_id, currency)
          do update set ${eachOf(tx, measures)`${item} = excluded.${item}`},
                        entries = excluded.entries,
                        as_of = excluded.as_of,
                        copied = false
    ), kept as (
      insert into audit_findings (venue_id, run_id, store, place, stored, recomputed, healed)
      select ${venueId}, ${runId}, 'show',
             jsonb_strip_nulls(jsonb_build_object('event', d.show_id,
                                                  'currency', nullif(d.currency, ''))),
             ${only(tx, tx`d.stored`, tx`d.recomputed`)}, ${only(tx, tx`d.recomputed`, tx`d.stored`)},
             true
        from drift d
       order by d.show_id, d.currency
       limit ${mostFindings}
    )
    select (select count(*)::int from stored) as checked, (select count(*)::int from drift) as found`
  return row ?? { checked: 0, found: 0 }
}

/** What two selects of sums have differently by their keys: `stored`, `recomputed` and `drift`. */
function driftOf(tx: Tx, keys: string[], stored: Fragment, recomputed: Fragment): Fragment {
  const each = eachOf(tx, measures)
  const names = `{${keys.join(',')}}`
  return tx`
    stored as materialized (${stored}), recomputed as materialized (${recomputed}),
    drift as materialized (
      select ${eachOf(tx, keys)`coalesce(s.${item}, r.${item}) as ${item}`},
             case when s.entries is not null
                  then jsonb_strip_nulls(to_jsonb(s) - ${names}::text[]) end as stored,
             case when r.entries is not null
                  then jsonb_strip_nulls(to_jsonb(r) - ${names}::text[]) end as recomputed
        from stored s
        full join recomputed r on (${columnsOf(
          tx,
          keys.map((key) => `r.${key}`),
        )})
                                = (${columnsOf(
                                  tx,
                                  keys.map((key) => `s.${key}`),
                                )})
       where (s.entries, ${each`s.${item}`}) is distinct from (r.entries, ${each`r.${item}`})
    )`
}

/** Of some numbers those that others do not have, or have differently. */
const only = (tx: Tx, some: Fragment, others: Fragment): Fragment => tx`(
             select jsonb_object_agg(n.key, n.value)
               from jsonb_each(${some}) n
              where ${others} -> n.key is distinct from n.value)`

const instantOf = (tx: Tx, moment: Fragment): Fragment =>
  tx`to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`

const iso = (ms: number): string => new Date(ms).toISOString()
