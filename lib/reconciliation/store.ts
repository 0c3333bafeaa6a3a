import type { Tx } from '../clients/postgres.ts'
import type { OwnSums } from './compare.ts'
import type { Inventory, ToldCounts } from './told.ts'

/** Keeps what the platform counted, of each of its books the latest, whenever it comes. */
export async function keepTold(tx: Tx, venueId: string, told: ToldCounts[]): Promise<void> {
  await tx`
    insert into told_counts as t (venue_id, kind, show_key, date, currency, event_id, told_at,
                                  counts)
    select ${venueId}, g ->> 'kind', g ->> 'showKey', g ->> 'date', g ->> 'currency',
           g ->> 'eventId', (g ->> 'toldAt')::timestamptz, g -> 'counts'
      from jsonb_array_elements(${JSON.stringify(told)}::text::jsonb) as g
        on conflict (venue_id, kind, show_key, date, currency)
        do update set event_id = excluded.event_id,
                      told_at = excluded.told_at,
                      counts = excluded.counts
     where (excluded.told_at, excluded.event_id collate "C") > (t.told_at, t.event_id collate "C")`
}

/** Keeps every snapshot of places: a file tells of the moment that it is of. */
export async function keepInventory(
  tx: Tx,
  venueId: string,
  told: Inventory[],
  recordedAt: string,
): Promise<void> {
  await tx`
    insert into inventory_told (venue_id, show_key, event_id, told_at, recorded_at, currency, items)
    select ${venueId}, g ->> 'showKey', g ->> 'eventId', (g ->> 'toldAt')::timestamptz,
           ${recordedAt}::text::timestamptz, g ->> 'currency', g -> 'items'
      from jsonb_array_elements(${JSON.stringify(told)}::text::jsonb) as g
        on conflict do nothing`
}

/** What the platform told in [from, to), epoch ms, the latest first, at most `limit`. */
export async function readTold(
  tx: Tx,
  venueId: string,
  { from, to, limit }: { from: number; to: number; limit: number },
): Promise<ToldCounts[]> {
  const rows = await tx<(Omit<ToldCounts, 'toldAt'> & { toldAt: Date })[]>`
    select kind, show_key, date, currency, event_id, told_at, counts
      from told_counts
     where venue_id = ${venueId}
       and told_at >= ${new Date(from).toISOString()}::text::timestamptz
       and told_at < ${new Date(to).toISOString()}::text::timestamptz
     order by told_at desc, kind, show_key, date, currency
     limit ${limit}`
  return rows.map((row) => ({ ...row, toldAt: row.toldAt.toISOString() }) as ToldCounts)
}

/** A show ('' for all of them) in [from, until), of which [from, cut) is whole business days. */
export type Scope = { showKey: string; from: number; cut: number; until: number }

/**
 * What the ledger has for each scope, by its number: whole days from the day tier, the rest from the
 * entries.
 */
export async function readOwn(
  tx: Tx,
  venueId: string,
  scopes: Scope[],
): Promise<(OwnSums & { scope: number })[]> {
  const given = JSON.stringify(
    scopes.map(({ showKey, from, cut, until }, n) => [n, showKey, ...[from, cut, until].map(iso)]),
  )
  const first = iso(Math.min(...scopes.map(({ cut }) => cut)))
  const last = iso(Math.max(...scopes.map(({ until }) => until)))
  return tx<(OwnSums & { scope: number })[]>`
    with given as materialized (
      select (g ->> 0)::int as scope, g ->> 1 as show_key, (g ->> 2)::timestamptz as starts_at,
             (g ->> 3)::timestamptz as cut, (g ->> 4)::timestamptz as until
        from jsonb_array_elements(${given}::text::jsonb) as g
    ), booked as (
      select d.bucket as at, true as is_day, d.series_id, d.orders, d.tickets_sold,
             d.tickets_cancelled, d.gross_revenue, d.refunds
        from buckets d
       where d.venue_id = ${venueId} and d.tier = 'day'
       union all
      select l.occurred_at, false, l.series_id, l.orders, l.tickets_sold, l.tickets_cancelled,
             l.gross_revenue, l.refunds
        from ledger l
       where l.venue_id = ${venueId}
         and l.occurred_at >= ${first}::text::timestamptz
         and l.occurred_at < ${last}::text::timestamptz
    )
    select g.scope, s.ticket_type, s.currency,
           coalesce(sum(b.orders), 0)::float8 as orders,
           coalesce(sum(b.tickets_sold), 0)::float8 as tickets,
           coalesce(sum(b.tickets_cancelled), 0)::float8 as cancelled,
           coalesce(sum(b.gross_revenue), 0)::float8 as gross,
           coalesce(sum(b.refunds), 0)::float8 as refunds
      from booked b
      join series s on s.venue_id = ${venueId} and s.series_id = b.series_id
     cross join lateral (values (s.event), ('')) as k (show_key)
      join given g on g.show_key = k.show_key
       and case when b.is_day then b.at >= g.starts_at and b.at < g.cut
                else b.at >= g.cut and b.at < g.until end
     where not s.test_mode
     group by 1, 2, 3`
}

const iso = (ms: number): string => new Date(ms).toISOString()
