import type { Fragment } from '../clients/postgres.ts'
import type { Snapshot } from '../metrics/ask.ts'
import type { Gauge } from './gauges.ts'
import type { Readings } from './readings.ts'
import type { Rule } from './rule.ts'
import { keyOf } from './state.ts'

type Asked = Pick<Rule['query'], 'groupBy' | 'filters'> & {
  /** Epoch ms. */
  now: number
  until: number
}
type Row = { event: string | null; ticketType: string | null; amount: number | null }

/** Reads a gauge of the venue at a moment: one statement, none for the age of its data. */
export async function readGauge(
  { tx, venueId, venue }: Snapshot,
  gauge: Gauge,
  asked: Asked,
): Promise<Readings> {
  const instant = (ms: number) => tx`${new Date(ms).toISOString()}::text::timestamptz`
  if (gauge === 'data_age_seconds') {
    const { lastRecordedAt } = venue
    const age = lastRecordedAt && Math.floor((asked.now - Date.parse(lastRecordedAt)) / 1000)
    const value = typeof age === 'number' ? Math.max(0, age) : null
    const whole = { labels: {}, value, isThere: value !== null }
    return { groups: new Map([[keyOf({}), whole]]), empty: null }
  }
  if (gauge === 'holds_expiring') {
    const rows = await tx<Row[]>`
      select c.contents ->> 'show' as event, null as ticket_type,
             sum((c.contents ->> 'tickets')::bigint)::float8 as amount
        from carts c
       where c.venue_id = ${venueId}
         and c.is_open
         and not c.test_mode
         and (c.contents ->> 'holdEndsAt')::timestamptz > ${instant(asked.now)}
         and (c.contents ->> 'holdEndsAt')::timestamptz <= ${instant(asked.until)}
       group by 1`
    return readingsOf(rows, asked)
  }
  const column: Record<typeof gauge, Fragment> = {
    tickets_open: tx`(g ->> 'open')::bigint`,
    tickets_held: tx`(g ->> 'held')::bigint`,
  }
  const rows = await tx<Row[]>`
    select nullif(t.show_key, '') as event, g ->> 'ticket_type_id' as ticket_type,
           sum(${column[gauge]})::float8 as amount
      from (select distinct on (show_key) show_key, items
              from inventory_told
             where venue_id = ${venueId} and told_at <= ${instant(asked.now)}
             order by show_key, told_at desc, event_id collate "C" desc) t
     cross join lateral jsonb_array_elements(t.items) g
     group by 1, 2`
  return readingsOf(rows, asked)
}

// So few rows that they are narrowed here: one for each show and ticket type.
function readingsOf(rows: readonly Row[], { groupBy, filters }: Asked): Readings {
  const dimensionOf = (row: Row, dimension: string) =>
    dimension === 'event' ? row.event : row.ticketType
  const isLeft = (row: Row) =>
    filters.every((filter) => {
      const value = dimensionOf(row, filter.dimension)
      if (!('values' in filter)) return (value !== null) === (filter.op === 'exists')
      const isAmong = value !== null && filter.values.includes(value)
      return isAmong === (filter.op === 'eq' || filter.op === 'in')
    })
  const readings: Readings = { groups: new Map(), empty: 0 }
  for (const row of rows.filter(isLeft)) {
    if (row.amount === null) continue
    const labels = Object.fromEntries(
      groupBy.flatMap((name) => {
        const value = dimensionOf(row, name)
        return value === null ? [] : [[name, value]]
      }),
    )
    const key = keyOf(labels)
    const before = readings.groups.get(key)?.value ?? 0
    readings.groups.set(key, { labels, value: before + row.amount, isThere: true })
  }
  // Of what the platform never told nothing is known: not that nothing is left.
  return rows.length > 0 ? readings : { groups: readings.groups, empty: null }
}
