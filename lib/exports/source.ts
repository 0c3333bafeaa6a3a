import type { Tx } from '../clients/postgres.ts'
import { type Dimension, dimensions, type Measure, measures } from '../ledger/entry.ts'
import type { Filter } from '../metrics/question.ts'
import { bucketStarts, businessDayOf } from '../time/periods.ts'
import type { Settings } from '../venues/settings.ts'

/** What the rows of a file depend on beside the ledger; instants in epoch ms. */
export type Asked = {
  from: number
  to: number
  asOf: string
  filters: Filter[]
  currency: string | null
  includeTest: boolean
  /** How the venue counted its days when the file was asked for. */
  calendar: Settings
}

/** No time of more business days is asked for: a row for each is made before it is sent. */
export const mostDays = 3700

/**
 * COPY takes no parameters: what was asked is told by settings that end with the transaction. So no
 * text of a caller ever becomes part of a statement, and the statements are constants.
 */
export async function tellQuestion(tx: Tx, asked: Asked): Promise<void> {
  const starts = bucketStarts(asked.from, asked.to, 'day', asked.calendar, mostDays)
  const settings = {
    ...bulk,
    TimeZone: asked.calendar.timeZone,
    'export.from': iso(asked.from),
    'export.to': iso(asked.to),
    'export.as_of': asked.asOf,
    'export.filters': JSON.stringify(asked.filters),
    'export.currency': asked.currency ?? '',
    'export.include_test': String(asked.includeTest),
    'export.day_starts': `{${starts.map(iso).join(',')}}`,
    'export.day_dates': `{${starts.map((at) => businessDayOf(at, asked.calendar).date).join(',')}}`,
  }
  await tx`
    select set_config(s.key, s.value, true)
      from jsonb_each_text(${JSON.stringify(settings)}::text::jsonb) as s`
}

// A venue that the statistics do not know yet counts as one row. Joined by loops a million entries
// would be read once for each series; every join here can be by hash.
const bulk = { enable_nestloop: 'off', jit: 'off', work_mem: '64MB' }

const iso = (ms: number): string => new Date(ms).toISOString()

const venueId = `(select current_setting('app.venue_id'))`
const setting = (name: string) => `(select current_setting('export.${name}')::timestamptz)`
const isKnown = (alias: string) => `${alias}.recorded_at <= ${setting('as_of')}`
const isInTime = (alias: string) =>
  `${alias}.occurred_at >= ${setting('from')} and ${alias}.occurred_at < ${setting('to')}`

const dimensionsOf = (alias: string) => dimensions.map((name) => `${alias}.${name}`).join(', ')

/** Whether the filters leave a row that has these dimensions; filters of others leave it. */
const isLeft = (alias: string, among: readonly Dimension[]): string =>
  `not exists (
         select
           from jsonb_array_elements(current_setting('export.filters')::jsonb) f
          cross join lateral (select to_jsonb(${alias}) ->> (f ->> 'dimension') as told) t
          where f ->> 'dimension' in (${among.map((name) => `'${name}'`).join(', ')})
            and not case f ->> 'op'
                    when 'exists' then t.told is not null
                    when 'not_exists' then t.told is null
                    when 'in' then coalesce(f -> 'values' ? t.told, false)
                    else not coalesce(f -> 'values' ? t.told, false) end)`

const isOfCurrency = (alias: string): string =>
  `(current_setting('export.currency') = ''
          or ${alias}.currency = current_setting('export.currency'))`

const isAnything = `(select current_setting('export.filters') = '[]'
                        and current_setting('export.currency') = ''
                        and current_setting('export.include_test')::boolean)`

/** The series that the filters leave, as `chosen`; what else a type reads of a series it joins. */
// Which they are is found once and kept in a table of hashes, however often a series is come to: the
// `or` keeps the planner from making a join of it.
const chosen = `chosen as not materialized (
  select s.series_id, ${dimensionsOf('s')}, s.test_mode
    from series s
   where s.venue_id = ${venueId}
     and (${isAnything}
          or s.series_id in (
               select s.series_id
                 from series s
                where s.venue_id = ${venueId}
                  and (current_setting('export.include_test')::boolean or not s.test_mode)
                  and ${isOfCurrency('s')}
                  and ${isLeft('s', dimensions)}))
)`

// Each entry goes to its series and not the series to the entries (offset 0 forbids that), so that
// entries come as they are in time: a file streams from its first row, and nothing is written down to
// be sorted. The planner remembers series that it has come to.
const own = `entries as not materialized (
  select l.entry_id, l.event_id, l.order_id, l.customer_ref, l.occurred_at, l.recorded_at,
         l.series_id, ${dimensionsOf('c')}, c.test_mode,
         ${measures.map((name) => `l.${name}`).join(', ')}
    from ledger l
   cross join lateral (select ${dimensionsOf('s')}, s.test_mode
                         from chosen s
                        where s.series_id = l.series_id
                       offset 0) c
   where l.venue_id = ${venueId}
     and ${isInTime('l')}
     and ${isKnown('l')}
)`

// An order is booked once, without a ticket type, where it was first paid: filters that leave one of
// its lines may not leave its booking. Then it is counted by its lines, as the planner does, and
// belongs to the first of those that are left. `is not distinct` keeps a hash join from taking test_mode
// for a key: every order of it would meet every series.
const placed = (name: string, counts: Measure, line: Measure, isLine: string): string => `
${name} as not materialized (
  select distinct on (b.order_id, b.test_mode)
         b.event_id, b.order_id, b.occurred_at, l.series_id
    from (select l.event_id, l.order_id, s.test_mode, l.occurred_at
            from ledger l
            join series s on s.venue_id = ${venueId} and s.series_id = l.series_id
           where l.venue_id = ${venueId}
             and l.${counts} is not null
             and ${isInTime('l')}
             and ${isKnown('l')}
           group by l.event_id, l.order_id, s.test_mode, l.occurred_at
          having sum(l.${counts}) > 0) b
    join (select l.order_id, l.series_id, min(l.entry_id) as entry_id
            from ledger l
           where l.venue_id = ${venueId}
             and l.order_id is not null
             and l.${line} is not null
             and l.occurred_at >= ${setting('from')}
             and ${isKnown('l')}
           group by l.order_id, l.series_id
          having ${isLine}) l on l.order_id = b.order_id
    join chosen c on c.series_id = l.series_id and c.test_mode is not distinct from b.test_mode
   order by b.order_id, b.test_mode, l.entry_id
)`

const isNarrowed = `(select current_setting('export.filters') <> '[]'
                         or current_setting('export.currency') <> '')`
const placedMeasures: readonly Measure[] = ['orders', 'orders_cancelled']
const otherMeasures = measures.filter((name) => !placedMeasures.includes(name))

const counted = `${[
  placed('placed_orders', 'orders', 'tickets_sold', 'true'),
  placed(
    'placed_cancellations',
    'orders_cancelled',
    'tickets_cancelled',
    'sum(l.tickets_cancelled) > 0 or sum(l.cancelled_value) <> 0',
  ),
].join(',')},
counted as not materialized (
  select e.event_id, e.order_id, e.customer_ref, e.occurred_at, e.series_id,
         ${dimensionsOf('e')}, e.test_mode,
         ${placedMeasures.map((name) => `case when not ${isNarrowed} then e.${name} end as ${name}`).join(', ')},
         ${otherMeasures.map((name) => `e.${name}`).join(', ')}
    from entries e
   union all
  select p.event_id, p.order_id, null, p.occurred_at, p.series_id,
         ${dimensionsOf('c')}, c.test_mode,
         p.orders, p.orders_cancelled,
         ${otherMeasures.map(() => 'null').join(', ')}
    from (select o.event_id, o.order_id, o.occurred_at, o.series_id, 1 as orders,
                 null::bigint as orders_cancelled
            from placed_orders o
           union all
          select o.event_id, o.order_id, o.occurred_at, o.series_id, null, 1
            from placed_cancellations o) p
    join chosen c on c.series_id = p.series_id
   where ${isNarrowed}
)`

// What the platform last told of each show before the end of the time.
const inventory = `inventory as not materialized (
  select i.event, i.ticket_type, sum(i.capacity)::bigint as capacity, sum(i.held)::bigint as held,
         sum(i.killed)::bigint as killed, sum(i.open)::bigint as open
    from (select nullif(t.show_key, '') as event, g ->> 'ticket_type_id' as ticket_type,
                 (g ->> 'capacity')::bigint as capacity, (g ->> 'held')::bigint as held,
                 (g ->> 'killed')::bigint as killed, (g ->> 'open')::bigint as open
            from (select distinct on (t.show_key) t.show_key, t.currency, t.items
                    from inventory_told t
                   where t.venue_id = ${venueId}
                     and t.told_at < ${setting('to')}
                     and ${isKnown('t')}
                   order by t.show_key, t.told_at desc, t.event_id collate "C" desc) t
           cross join lateral jsonb_array_elements(t.items) g
           where ${isOfCurrency('t')}) i
   where ${isLeft('i', ['event', 'ticket_type'])}
   group by i.event, i.ticket_type
)`

/**
 * What a type may read, as `with` has it:
 * `entries`: the ledger's entries that are asked for, dimensions and measures by their names;
 * `counted`: the same without `recorded_at` and `entry_id`, in which `orders` and
 * `orders_cancelled` add up to the planner's whole whatever the filters are;
 * `inventory`: what the platform last told of each show and ticket type before the end of the time.
 *
 * None is materialized: what a type does not read costs nothing, and a million entries are not
 * written down before they are sent.
 */
export const entries = [chosen, own, counted, inventory].join(', ')

/** The business day of an instant ('YYYY-MM-DD'), of those in the asked time. */
export const dayOf = (instant: string): string =>
  `(select current_setting('export.day_dates')::text[])[width_bucket(${instant},
     (select current_setting('export.day_starts')::timestamptz[]))]`
