import { hash } from 'node:crypto'
import { columnsOf, eachOf, item } from '../clients/lists.ts'
import type { Tx } from '../clients/postgres.ts'
import { businessDayOf } from '../time/periods.ts'
import type { Settings } from '../venues/settings.ts'
import type { TicketEntry } from './admissions.ts'
import { type Dimensions, dimensions, type Entry, measures } from './entry.ts'
import type { OrderEvent } from './orders.ts'

const quarterMs = 15 * 60 * 1000

/** Marks events as counted. Must be the first write: a conflict here is a bug of the caller. */
export async function insertInbox(
  tx: Tx,
  venueId: string,
  events: { eventId: string; fingerprint: string }[],
  recordedAt: string,
): Promise<void> {
  await tx`
    insert into inbox (venue_id, event_id, fingerprint, recorded_at)
    select ${venueId}, e.event_id, e.fingerprint, ${recordedAt}::text::timestamptz
      from jsonb_to_recordset(${JSON.stringify(
        events.map((e) => ({ event_id: e.eventId, fingerprint: e.fingerprint })),
      )}::text::jsonb) as e (event_id text, fingerprint text)`
}

/**
 * Appends entries and adds them to the sums of both tiers, in one statement however many they
 * are. `calendar` null leaves the day tier alone (it is about to be made anew). In a sum nothing and
 * something is something; nothing and nothing stays nothing.
 */
export async function appendEntries(
  tx: Tx,
  venueId: string,
  entries: Entry[],
  recordedAt: string,
  calendar: Settings | null,
): Promise<void> {
  const series = new Map<string, Dimensions>()
  const instant = instants()
  const rows = entries.map((entry) => {
    const seriesId = seriesIdOf(entry.dimensions)
    series.set(seriesId, entry.dimensions)
    return {
      event_id: entry.eventId,
      order_id: entry.orderId,
      customer_ref: entry.customerRef,
      series_id: seriesId,
      occurred_at: instant(entry.occurredAt),
      quarter: instant(Math.floor(entry.occurredAt / quarterMs) * quarterMs),
      day: calendar && instant(businessDayOf(entry.occurredAt, calendar).start),
      ...entry.amounts,
    }
  })
  const seriesRows = [...series].map(([series_id, told]) => ({ series_id, ...told }))
  const columns = columnsOf(tx, measures)
  const each = eachOf(tx, measures)

  await tx`
    with given as materialized (
      select *
        from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as g (
               event_id text, order_id text, customer_ref text, series_id uuid,
               occurred_at timestamptz, quarter timestamptz, day timestamptz,
               ${each`${item} bigint`})
    ), new_series as (
      insert into series (venue_id, series_id, ${columnsOf(tx, dimensions)}, test_mode)
      select ${venueId}, s.*
        from jsonb_to_recordset(${JSON.stringify(seriesRows)}::text::jsonb) as s (
               series_id uuid,
               ${eachOf(tx, dimensions)`${item} text`},
               test_mode boolean)
          on conflict do nothing
    ), new_entries as (
      insert into ledger (venue_id, event_id, order_id, customer_ref, series_id, occurred_at,
                          recorded_at, ${columns})
      select ${venueId}, event_id, order_id, customer_ref, series_id, occurred_at,
             ${recordedAt}::text::timestamptz, ${columns}
        from given
    )
    insert into buckets as b (venue_id, tier, bucket, series_id, ${columns}, entries)
    select ${venueId}, t.tier, t.bucket, g.series_id,
           ${each`sum(g.${item})::bigint`},
           count(*)
      from given g
     cross join lateral (values ('quarter', g.quarter), ('day', g.day)) as t (tier, bucket)
     where t.bucket is not null
     group by t.tier, t.bucket, g.series_id
        on conflict (venue_id, tier, bucket, series_id)
        do update set ${each`${item} = coalesce(b.${item} + excluded.${item},
                                                b.${item}, excluded.${item})`},
                      entries = b.entries + excluded.entries`
}

/** Keeps what was told about orders, for messages that come later. */
export async function insertOrderEvents(
  tx: Tx,
  venueId: string,
  facts: OrderEvent[],
  recordedAt: string,
): Promise<void> {
  await tx`
    insert into order_events (venue_id, order_id, event_id, kind, occurred_at, recorded_at, body)
    select ${venueId}, f ->> 'orderId', f ->> 'eventId', f ->> 'kind',
           to_timestamp((f ->> 'occurredAt')::numeric / 1000), ${recordedAt}::text::timestamptz, f
      from jsonb_array_elements(${JSON.stringify(facts)}::text::jsonb) as f`
}

/** Keeps the first entry of each ticket. */
export async function upsertTicketEntries(
  tx: Tx,
  venueId: string,
  firsts: TicketEntry[],
): Promise<void> {
  await tx`
    insert into ticket_entries (venue_id, show_key, ticket_id, test_mode, event_id, occurred_at,
                                quantity, dimensions)
    select ${venueId}, f ->> 'showKey', f ->> 'ticketId',
           (f -> 'dimensions' ->> 'test_mode')::boolean, f ->> 'eventId',
           to_timestamp((f ->> 'occurredAt')::numeric / 1000), (f ->> 'quantity')::bigint,
           f -> 'dimensions'
      from jsonb_array_elements(${JSON.stringify(firsts)}::text::jsonb) as f
        on conflict (venue_id, show_key, ticket_id, test_mode)
        do update set event_id = excluded.event_id,
                      occurred_at = excluded.occurred_at,
                      quantity = excluded.quantity,
                      dimensions = excluded.dimensions`
}

// The quarters and days of a batch are few, and each text costs a microsecond.
function instants(): (ms: number) => string {
  const made = new Map<number, string>()
  return (ms) => {
    const text = made.get(ms) ?? new Date(ms).toISOString()
    made.set(ms, text)
    return text
  }
}

/** The id of a series: made from its dimensions, so that no look-up is needed before a write. */
export function seriesIdOf(told: Dimensions): string {
  const text = JSON.stringify([...dimensions.map((name) => told[name]), told.test_mode])
  return hash('md5', text)
}

/** What the ledger has booked on a day (its start, epoch ms), and what its facts say. */
export type Recount = { store: 'orders' | 'admissions'; day: number; booked: number; told: number }

/**
 * Counts orders and admissions by tickets anew from the facts that are kept of them, by the days that
 * begin at `starts` (epoch ms, ascending; the last is the end).
 */
export async function recountFacts(tx: Tx, venueId: string, starts: number[]): Promise<Recount[]> {
  const instant = instants()
  // A subquery, so that the text is read once and not for every row.
  const bounds = tx`(select ${`{${starts.map(instant).join(',')}}`}::text::timestamptz[])`
  const from = tx`${instant(starts[0] ?? 0)}::text::timestamptz`
  const to = tx`${instant(starts.at(-1) ?? 0)}::text::timestamptz`
  return tx<Recount[]>`
    with counted as (
      select 'orders' as store, l.occurred_at as at, l.orders as booked, 0 as told
        from ledger l
       where l.venue_id = ${venueId} and l.occurred_at >= ${from} and l.occurred_at < ${to}
         and l.orders is not null
       union all
      select 'orders', o.occurred_at, 0, 1
        from order_events o
       where o.venue_id = ${venueId} and o.kind = 'paid'
         and o.occurred_at >= ${from} and o.occurred_at < ${to}
         and not exists (
             select from order_events e
              where e.venue_id = ${venueId} and e.order_id = o.order_id and e.kind = 'paid'
                and e.body -> 'dimensions' -> 'test_mode' = o.body -> 'dimensions' -> 'test_mode'
                and (e.occurred_at, e.event_id) < (o.occurred_at, o.event_id))
       union all
      -- Entries without a ticket are booked with their scan; those of tickets by themselves.
      select 'admissions', a.occurred_at, a.admissions, 0
        from ledger a
       where a.venue_id = ${venueId} and a.occurred_at >= ${from} and a.occurred_at < ${to}
         and a.admissions is not null and a.scans_accepted is null
       union all
      select 'admissions', t.occurred_at, 0, t.quantity
        from ticket_entries t
       where t.venue_id = ${venueId} and t.occurred_at >= ${from} and t.occurred_at < ${to}
    )
    select store,
           (extract(epoch from (${bounds})[width_bucket(at, ${bounds})]) * 1000)::float8 as day,
           sum(booked)::float8 as booked, sum(told)::float8 as told
      from counted
     group by 1, 2
     order by 1, 2`
}
