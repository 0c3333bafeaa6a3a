import type { ExportType } from '../catalogue.ts'
import { dimensionColumn } from '../dimensions.ts'
import { grouped } from '../grouped.ts'

/** What is told of sales where they are summed. */
export const sales = [
  ...['orders', 'tickets_sold', 'comps', 'tickets_cancelled'],
  ...['gross_revenue', 'discounts', 'taxes', 'fees', 'refunds', 'chargebacks', 'net_revenue'],
]

export const settlement: ExportType = {
  name: 'settlement',
  title: 'Settlement',
  definition:
    'One row for each show and currency: what was sold, given back and disputed in the time, and what is left. Fees come on top of gross revenue and are not in net revenue; taxes are inside both.',
  ...grouped([dimensionColumn('event'), dimensionColumn('currency')], sales),
}
