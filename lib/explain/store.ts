import { columnsOf, listed } from '../clients/lists.ts'
import type { Fragment, Tx } from '../clients/postgres.ts'
import { type Dimension, dimensions, type Measure, movingMeasures } from '../ledger/entry.ts'
import {
  type Asked,
  type Entity,
  instant,
  knownBy,
  linesOf,
  own,
  seriesFilter,
} from '../metrics/store.ts'

/** What an answer is made of: sums of measures, or one for each entity. */
export type Source = { plus: Measure[]; minus: Measure[] } | { entity: Entity }

/** `isLeft`: something happened in the currency that no later event has moved elsewhere whole. */
export type Whole = { currency: string | null; entries: number; total: string; isLeft: boolean }
export type Row = {
  entry: string
  eventId: string
  orderId: string | null
  occurredAt: string
  recordedAt: string
  value: string
} & Record<`d${number}`, string | null>

/**
 * The number of entries, their sums by currency, and the checksum of their lines; undefined where
 * they are more than `most`.
 */
export async function readWhole(
  tx: Tx,
  venueId: string,
  asked: Asked,
  source: Source,
  most: number,
): Promise<{ wholes: Whole[]; checksum: string } | undefined> {
  const rows = await tx<(Whole & { isAll: boolean; checksum: string | null })[]>`
    with placed as (${placed(tx, venueId, asked, source)} limit ${most + 1}),
         told as (
      select p.at, p.entry_id, p.value, p.stays, s.currency,
             concat_ws(' ', p.entry_id, ${stamp(tx, tx`p.at`)}, ${stamp(tx, tx`l.recorded_at`)},
                       p.value, coalesce(s.currency, '-'), l.event_id) || E'\\n' as line
        ${entriesOf(tx, venueId)}
    )
    select currency, grouping(currency) = 1 as is_all, count(*)::int as entries,
           coalesce(sum(value), 0)::text as total,
           coalesce(bool_or(stays), false) or coalesce(sum(value), 0) <> 0 as is_left,
           case when grouping(currency) = 1
                then encode(sha256(convert_to(
                       coalesce(string_agg(line, '' order by at, entry_id), ''), 'UTF8')), 'hex')
            end as checksum
      from told
     group by grouping sets ((currency), ())
     order by currency`
  const all = rows.find(({ isAll }) => isAll)
  if (!all || all.entries > most) return undefined
  const wholes = rows
    .filter(({ isAll }) => !isAll)
    .map(({ currency, entries, total, isLeft }) => ({ currency, entries, total, isLeft }))
  return { wholes, checksum: all.checksum ?? '' }
}

/** A page of the entries, in the order in which they happened. */
export const readEntries = (
  tx: Tx,
  venueId: string,
  asked: Asked,
  source: Source,
  page: { after: { at: string; entry: string } | null; limit: number },
) => tx<Row[]>`
  with placed as (${placed(tx, venueId, asked, source)})
  select p.entry_id::text as entry, l.event_id, l.order_id, p.value::text as value,
         ${stamp(tx, tx`p.at`)} as occurred_at, ${stamp(tx, tx`l.recorded_at`)} as recorded_at,
         ${listed(
           tx,
           dimensions.map((name: Dimension, i) => tx`s.${tx(name)} as ${tx(`d${i}`)}`),
         )}
    ${entriesOf(tx, venueId)}
   where ${page.after?.at ?? null}::text is null
      or (p.at, p.entry_id) > (${page.after?.at ?? null}::text::timestamptz,
                               ${page.after?.entry ?? null}::text::bigint)
   order by p.at, p.entry_id
   limit ${page.limit}`

const entriesOf = (tx: Tx, venueId: string): Fragment => tx`
        from placed p
        join ledger l on l.venue_id = ${own(tx, venueId)} and l.entry_id = p.entry_id
        join series s on s.venue_id = l.venue_id and s.series_id = l.series_id`

/** Which entries count, when, and for how much. */
function placed(tx: Tx, venueId: string, asked: Asked, source: Source): Fragment {
  const from = tx`${instant(asked.from)}::text::timestamptz`
  const to = tx`${instant(asked.to)}::text::timestamptz`
  if ('entity' in source) {
    return tx`
      select distinct on (x.entity) x.at, x.entry_id, 1::bigint as value, true as stays
        from (${linesOf(tx, venueId, source.entity, asked)}) x
        join series s on s.venue_id = ${own(tx, venueId)} and s.series_id = x.series_id
       where x.at >= ${from} and x.at < ${to} and ${seriesFilter(tx, asked)}
       order by x.entity, x.entry_id`
  }
  const measures = [...source.plus, ...source.minus]
  const staying = measures.filter((measure) => !movingMeasures.has(measure))
  const stays = staying.length > 0 ? tx`num_nonnulls(${columnsOf(tx, staying)}) > 0` : tx`false`
  const value = measures
    .map((measure, i) => {
      const amount = tx`coalesce(l.${tx(measure)}, 0)`
      return i < source.plus.length ? amount : tx`- ${amount}`
    })
    .reduce((left, right, i) =>
      i < source.plus.length ? tx`${left} + ${right}` : tx`${left} ${right}`,
    )
  return tx`
      select l.occurred_at as at, l.entry_id, ${value} as value, ${stays} as stays
        from ledger l
        join series s on s.venue_id = l.venue_id and s.series_id = l.series_id
       where l.venue_id = ${own(tx, venueId)}
         and l.occurred_at >= ${from} and l.occurred_at < ${to}
         and num_nonnulls(${columnsOf(tx, measures)}) > 0
         and ${knownBy(tx, asked.asOf, tx`l.recorded_at`)}
         and ${seriesFilter(tx, asked)}`
}

const stamp = (tx: Tx, moment: Fragment): Fragment =>
  tx`to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
