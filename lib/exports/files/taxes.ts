import { count, decimal, type ExportType } from '../catalogue.ts'
import { dimensionColumn } from '../dimensions.ts'
import { metricColumn } from '../measured.ts'

export const taxes: ExportType = {
  name: 'taxes',
  title: 'Taxes by rate',
  definition:
    'One row for each show, currency and rate. The platform tells amounts, not rates: the rate is that of each paid line, its taxes by what is left of its price without them, rounded to a tenth of a percent, so that small amounts may fall beside the rate that was meant. Fees are not in it, and refunds take no taxes back.',
  columns: [
    dimensionColumn('event'),
    dimensionColumn('currency'),
    decimal('percent', 'The rate in percent; empty where nothing is left without the taxes.'),
    count('lines', 'Counts the paid lines.'),
    metricColumn('gross_revenue'),
    metricColumn('taxes'),
  ],
  rows: `
select e.event, e.currency, e.percent, count(e.gross_revenue) as lines,
       sum(e.gross_revenue)::bigint as gross_revenue, sum(e.taxes)::bigint as taxes
  from (select l.event, l.currency, l.gross_revenue, coalesce(l.taxes, 0) as taxes,
               round(100.0 * coalesce(l.taxes, 0)
                     / nullif(l.gross_revenue - coalesce(l.taxes, 0), 0), 1) as percent
          from entries l
         where l.tickets_sold is not null) e
 group by e.event, e.currency, e.percent`,
  order: 'event collate "C", currency collate "C", percent',
}
