import type { Dimension } from '../../ledger/entry.ts'
import { type ExportType, instant } from '../catalogue.ts'
import { customerColumn, dimensionColumn, messageColumn, orderColumn } from '../dimensions.ts'
import { metricColumn } from '../measured.ts'

const dimensions: Dimension[] = [
  ...(['event', 'session', 'ticket_type', 'channel'] as const),
  ...(['promo_code', 'source', 'currency'] as const),
]
const always = ['tickets_sold', 'gross_revenue']
const sometimes = ['comps', 'discounts', 'taxes', 'fees']

// No group and no sort but by time: a million lines stream as they are read.
export const orderLines: ExportType = {
  name: 'order-lines',
  title: 'Order lines',
  definition:
    'One row for each line of each payment, as it was paid: nothing that happened later changes it.',
  columns: [
    instant('occurred_at', 'When it was paid.'),
    ...[orderColumn, messageColumn],
    ...dimensions.map(dimensionColumn),
    customerColumn,
    ...[...always, ...sometimes].map(metricColumn),
  ],
  rows: `
select e.occurred_at, e.entry_id, e.order_id, e.event_id,
       ${dimensions.map((name) => `e.${name}`).join(', ')}, e.customer_ref,
       ${always.map((name) => `e.${name}`).join(', ')},
       ${sometimes.map((name) => `coalesce(e.${name}, 0) as ${name}`).join(', ')}
  from entries e
 where e.tickets_sold is not null`,
  order: 'occurred_at, entry_id',
}
