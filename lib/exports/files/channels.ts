import type { ExportType } from '../catalogue.ts'
import { dimensionColumn } from '../dimensions.ts'
import { grouped } from '../grouped.ts'

export const channels: ExportType = {
  name: 'channels',
  title: 'Channels',
  definition:
    'One row for each channel, show and currency. Refunds and chargebacks belong to the channel that told them, which need not be the one that sold.',
  ...grouped(
    [dimensionColumn('channel'), dimensionColumn('event'), dimensionColumn('currency')],
    [
      ...['orders', 'tickets_sold', 'comps'],
      ...['gross_revenue', 'discounts', 'fees', 'refunds', 'chargebacks', 'net_revenue'],
    ],
  ),
}
