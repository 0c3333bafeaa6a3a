import type { ExportType } from '../catalogue.ts'
import { dimensionColumn } from '../dimensions.ts'
import { grouped } from '../grouped.ts'

export const products: ExportType = {
  name: 'products',
  title: 'Ticket types',
  definition:
    'One row for each show, ticket type and currency. Money given back without naming tickets belongs to no ticket type.',
  ...grouped(
    [dimensionColumn('event'), dimensionColumn('ticket_type'), dimensionColumn('currency')],
    [
      ...['tickets_sold', 'comps', 'tickets_cancelled', 'tickets_net', 'tickets_refunded'],
      ...['gross_revenue', 'discounts', 'taxes', 'fees', 'refunds'],
    ],
  ),
}
