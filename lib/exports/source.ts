import type { Tx } from '../clients/postgres.ts'
import { dimensions, measures } from '../ledger/entry.ts'
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

const iso = (ms: number): string => new Date(ms).toISOString()

const venueId = `(select current_setting('app.venue_id'))`
const setting = (name: string) => `(select current_setting('export.${name}')::timestamptz)`

/** The series that the filters leave, as `chosen`; what else a type reads of a series it joins. */
const chosen = `chosen as (
  select s.series_id, ${dimensions.map((name) => `s.${name}`).join(', ')}, s.test_mode
    from series s
   where s.venue_id = ${venueId}
     and (current_setting('export.include_test')::boolean or not s.test_mode)
     and (current_setting('export.currency') = ''
          or s.currency = current_setting('export.currency'))
     and not exists (
         select
           from jsonb_array_elements(current_setting('export.filters')::jsonb) f
          cross join lateral (select to_jsonb(s) ->> (f ->> 'dimension') as told) t
          where not case f ->> 'op'
                    when 'exists' then t.told is not null
                    when 'not_exists' then t.told is null
                    when 'in' then coalesce(f -> 'values' ? t.told, false)
                    else not coalesce(f -> 'values' ? t.told, false) end)
)`

/** The ledger's entries that are asked for, as `entries`: dimensions and measures by their names. */
export const entries = `${chosen}, entries as (
  select l.entry_id, l.event_id, l.order_id, l.customer_ref, l.occurred_at, l.recorded_at,
         l.series_id, ${dimensions.map((name) => `c.${name}`).join(', ')}, c.test_mode,
         ${measures.map((name) => `l.${name}`).join(', ')}
    from ledger l
    join chosen c on c.series_id = l.series_id
   where l.venue_id = ${venueId}
     and l.occurred_at >= ${setting('from')}
     and l.occurred_at < ${setting('to')}
     and l.recorded_at <= ${setting('as_of')}
)`

/** The business day of an instant ('YYYY-MM-DD'), of those in the asked time. */
export const dayOf = (instant: string): string =>
  `(select current_setting('export.day_dates')::text[])[width_bucket(${instant},
     (select current_setting('export.day_starts')::timestamptz[]))]`
