import type postgres from 'postgres'
import type { Dimensions } from '../../lib/ledger/entry.ts'
import { seriesIdOf } from '../../lib/ledger/store.ts'

/** A venue with two years behind it: so many events, up to midnight of `until` (YYYY-MM-DD). */
export type Season = { venueId: string; events: number; until: string }

const zone = 'America/New_York'
const days = 730
const shows = 46

/**
 * Writes a season straight into the ledger and both tiers, as an ingest would have left them: every
 * 18 days a show, each on sale for 90 days; 40 % orders (a line and the order's booking), 5 %
 * refunds, 25 % scans, 25 % page views, 5 % searches, between 10:00 and 23:00. 24 series for each
 * show, 120 on a day, 1,104 in all. Needs a role above row security.
 */
export async function writeSeason(sql: postgres.Sql, season: Season): Promise<void> {
  await sql`set work_mem = '512MB'`
  await sql`set maintenance_work_mem = '1GB'`
  await sql`
    insert into venues (venue_id, name, time_zone, currency, last_recorded_at)
    values (${season.venueId}, 'Season', ${zone}, 'USD',
            ${season.until}::date::timestamp at time zone ${zone})`
  await insertSeries(sql, season)
  const indexes = await sql<{ name: string; text: string }[]>`
    select indexname as name, indexdef as text
      from pg_indexes
     where tablename = 'ledger' and indexname <> 'ledger_pkey'`
  for (const { name } of indexes) await sql`drop index ${sql(name)}`
  await insertLedger(sql, season)
  for (const { text } of indexes) await sql.unsafe(text)
  await insertQuarters(sql, season)
  await insertDays(sql, season)
  await sql`drop table kinds`
}

/** What ledger, quarters and days sum to: three equal rows, or the season is wrong. */
export const sumsOf = (sql: postgres.Sql, { venueId }: Season) =>
  sql<{ tier: string; gross: string; scans: string; rows: string }[]>`
    select 'ledger' as tier, sum(gross_revenue)::text as gross, sum(scans_accepted)::text as scans,
           count(*)::text as rows
      from ledger
     where venue_id = ${venueId}
     union all
    select tier, sum(gross_revenue)::text, sum(scans_accepted)::text, count(*)::text
      from buckets
     where venue_id = ${venueId}
     group by tier`

// A kind is a combination of dimensions that every show has: 1–12 lines, 13–15 bookings of orders,
// 16–18 refunds (each by channel), 19–22 scans by gate, 23 views, 24 searches.
function kindsOf(show: string): Dimensions[] {
  const none = {
    ticket_type: null,
    currency: null,
    gate: null,
    promo_code: null,
    scan_reason: null,
  }
  const common = { event: show, session: null, channel: 'online', test_mode: false, ...none }
  const channels = ['online', 'box_office', 'phone']
  const sold = (source: string) =>
    channels.map((channel) => ({ ...common, channel, currency: 'USD', source }))
  const lines = ['stalls', 'circle', 'box', 'standing'].flatMap((ticket_type) =>
    sold('checkout').map((line) => ({ ...line, ticket_type })),
  )
  const scans = ['north', 'south', 'east', 'west'].map((gate) => ({
    ...common,
    gate,
    source: 'scanner',
  }))
  const web = { ...common, source: 'web' }
  return [
    ...lines,
    ...sold('checkout'),
    ...sold('box_office'),
    ...scans,
    web,
    { ...web, source: 'app' },
  ]
}

async function insertSeries(sql: postgres.Sql, { venueId }: Season) {
  const rows = Array.from({ length: shows }, (_, show) =>
    kindsOf(`show-${show}`).map((told, i) => ({
      venue_id: venueId,
      series_id: seriesIdOf(told),
      show,
      kind: i + 1,
      ...told,
    })),
  ).flat()
  const given = JSON.stringify(rows)
  await sql`
    insert into series
    select s.* from jsonb_populate_recordset(null::series, ${given}::text::jsonb) as s`
  await sql`
    create temp table kinds as
    select k.*
      from jsonb_to_recordset(${sql.unsafe(`'${given}'`)}::jsonb)
           as k (show int, kind int, series_id uuid)`
  await sql`analyze kinds`
}

async function insertLedger(sql: postgres.Sql, { venueId, events, until }: Season) {
  await sql`
    insert into ledger (venue_id, event_id, order_id, customer_ref, series_id, occurred_at,
                        recorded_at, orders, tickets_sold, gross_revenue, fees, refunds,
                        scans_accepted, inside_now, admissions, page_views, searches)
    select ${venueId}, 'e-' || i, case when kind <= 18 then 'o-' || i end,
           case when kind <= 12 then 'c_' || left(md5((chance % 50000)::text), 22) end,
           series_id, at, at + interval '2 seconds',
           case when kind between 13 and 15 then 1 end,
           case when kind <= 12 then quantity end,
           case when kind <= 12 then quantity * 4500 end,
           case when kind <= 12 then 250 end,
           case when kind between 16 and 18 then 4500 end,
           case when kind between 19 and 22 then 1 end,
           case when kind between 19 and 22 then 1 end,
           case when kind between 19 and 22 then 1 end,
           case when kind = 23 then 1 end,
           case when kind = 24 then 1 end
      from (select i, chance, (day + 17) / 18 + chance % 5 as show, 1 + chance / 64 % 4 as quantity,
                   case when draw < 40 then array[1 + chance / 5 % 12, 13 + chance / 5 % 3]
                        when draw < 45 then array[16 + chance / 5 % 3]
                        when draw < 70 then array[19 + chance / 5 % 4]
                        when draw < 95 then array[23]
                        else array[24] end as kinds,
                   ((${until}::date - ${days}::int + day)::timestamp + interval '10 hours')
                     at time zone ${zone} + make_interval(secs => chance % 46800) as at
              from (select i, (i * ${days}::bigint / ${events}::bigint)::int as day,
                           (hashint8extended(i, 1) & 1073741823)::int % 100 as draw,
                           (hashint8extended(i, 2) & 1073741823)::int as chance
                      from generate_series(0, ${events}::bigint - 1) as i) numbers) given
     cross join unnest(kinds) as kind
      join kinds k using (show, kind)`
}

async function insertQuarters(sql: postgres.Sql, { venueId }: Season) {
  await sql`
    insert into buckets (venue_id, tier, bucket, series_id, orders, tickets_sold, gross_revenue,
                         fees, refunds, scans_accepted, inside_now, admissions, page_views,
                         searches, entries)
    select venue_id, 'quarter', date_bin('15 minutes', occurred_at, '2000-01-01'), series_id,
           sum(orders), sum(tickets_sold), sum(gross_revenue), sum(fees), sum(refunds),
           sum(scans_accepted), sum(inside_now), sum(admissions), sum(page_views), sum(searches),
           count(*)
      from ledger
     where venue_id = ${venueId}
     group by venue_id, 3, series_id
     order by 3, series_id`
}

async function insertDays(sql: postgres.Sql, { venueId }: Season) {
  await sql`
    insert into buckets (venue_id, tier, bucket, series_id, orders, tickets_sold, gross_revenue,
                         fees, refunds, scans_accepted, inside_now, admissions, page_views,
                         searches, entries)
    select venue_id, 'day', date_trunc('day', bucket, ${zone}), series_id,
           sum(orders), sum(tickets_sold), sum(gross_revenue), sum(fees), sum(refunds),
           sum(scans_accepted), sum(inside_now), sum(admissions), sum(page_views), sum(searches),
           sum(entries)
      from buckets
     where venue_id = ${venueId}
       and tier = 'quarter'
     group by venue_id, 3, series_id
     order by 3, series_id`
}
