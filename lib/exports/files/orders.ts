import { type ExportType, instant, text } from '../catalogue.ts'
import { customerColumn, dimensionColumn, orderColumn, testColumn } from '../dimensions.ts'
import { isAnyLeft, metricColumn, sumsOf } from '../measured.ts'
import { sales } from './settlement.ts'

const lists = ['event', 'channel', 'source', 'promo_code', 'customer_ref'] as const
const measures = sales.filter((name) => name !== 'net_revenue')

const listColumn = (name: (typeof lists)[number]) => {
  const column = name === 'customer_ref' ? customerColumn : dimensionColumn(name)
  return text(name, `${column.definition} All of them, with commas, where there are several.`)
}

const listOf = (name: string) =>
  `string_agg(distinct e.${name} collate "C", ', ' order by e.${name} collate "C") as ${name}`

// In two steps: where bookings were moved away there is neither an instant nor a channel.
export const orders: ExportType = {
  name: 'orders',
  title: 'Orders',
  definition:
    'One row for each order and currency of which anything happened in the time: it was paid, cancelled, given back or disputed. Orders paid before the time have rows of what became of them in it.',
  columns: [
    orderColumn,
    testColumn,
    instant('first_at', 'When the first of it happened in the time.'),
    instant('last_at', 'When the last of it happened in the time.'),
    ...lists.map(listColumn),
    dimensionColumn('currency'),
    ...sales.map(metricColumn),
  ],
  rows: `
select e.order_id, e.test_mode::text as test_mode,
       min(e.occurred_at) as first_at, max(e.occurred_at) as last_at,
       ${lists.map(listOf).join(',\n       ')},
       e.currency,
       ${sumsOf(sales)}
  from (select e.order_id, e.test_mode, e.occurred_at, e.currency,
               e.event, e.channel, e.source, e.promo_code, max(e.customer_ref) as customer_ref,
               ${measures.map((name) => `sum(e.${name}) as ${name}`).join(', ')}
          from counted e
         where e.order_id is not null
         group by e.order_id, e.test_mode, e.event_id, e.occurred_at, e.series_id, e.currency,
                  e.event, e.channel, e.source, e.promo_code
        having ${isAnyLeft(sales)}) e
 group by e.order_id, e.test_mode, e.currency`,
  order: 'order_id collate "C", test_mode collate "C", currency collate "C"',
}
