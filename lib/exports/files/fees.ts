import type { ExportType } from '../catalogue.ts'
import { dimensionColumn } from '../dimensions.ts'
import { grouped } from '../grouped.ts'

export const fees: ExportType = {
  name: 'fees',
  title: 'Fees',
  definition: 'One row for each show, channel and currency in which anything was sold.',
  ...grouped(
    [dimensionColumn('event'), dimensionColumn('channel'), dimensionColumn('currency')],
    ['orders', 'tickets_sold', 'fees'],
  ),
}
