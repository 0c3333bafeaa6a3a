import type { Dimension } from '../../ledger/entry.ts'
import { type ExportType, instant, text } from '../catalogue.ts'
import { dimensionColumn, messageColumn, orderColumn } from '../dimensions.ts'
import { isAnyLeft, metricColumn } from '../measured.ts'

const dimensions: Dimension[] = ['event', 'ticket_type', 'channel', 'currency']
const metrics = [
  ...['refunds', 'chargebacks', 'tickets_refunded'],
  ...['tickets_cancelled', 'orders_cancelled', 'cancelled_value'],
]

// By event, instant and series: there a booking that a later event moved away meets its opposite.
export const refunds: ExportType = {
  name: 'refunds',
  title: 'Refunds, chargebacks and cancellations',
  definition:
    'One row for what each event gave back, disputed or cancelled of a ticket type. A cancellation moves no money and a refund cancels no ticket: where both were told there are rows of both. A dispute that was won has a row below nothing. Numbers that are not of the row’s kind are empty.',
  columns: [
    text('kind', 'refund, chargeback or cancellation.'),
    instant('occurred_at', 'When it happened.'),
    ...[orderColumn, messageColumn],
    ...dimensions.map(dimensionColumn),
    ...metrics.map(metricColumn),
  ],
  rows: `
select case when count(e.refunds) > 0 then 'refund'
            when count(e.chargebacks) > 0 then 'chargeback'
            else 'cancellation' end as kind,
       e.occurred_at, e.order_id, e.event_id, e.series_id,
       ${dimensions.map((name) => `e.${name}`).join(', ')},
       ${metrics.map((name) => `sum(e.${name})::bigint as ${name}`).join(', ')}
  from counted e
 where num_nonnulls(${metrics.map((name) => `e.${name}`).join(', ')}) > 0
 group by e.occurred_at, e.order_id, e.event_id, e.series_id,
          ${dimensions.map((name) => `e.${name}`).join(', ')}
having ${isAnyLeft(metrics)}`,
  order: 'occurred_at, event_id collate "C", order_id collate "C", series_id',
}
