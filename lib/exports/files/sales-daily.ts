import type { ExportType } from '../catalogue.ts'
import { dayColumn, dimensionColumn } from '../dimensions.ts'
import { grouped } from '../grouped.ts'
import { sales } from './settlement.ts'

export const salesDaily: ExportType = {
  name: 'sales-daily',
  title: 'Sales by day',
  definition:
    'One row for each business day, show and currency in which anything was sold, cancelled or given back, each at its own time.',
  ...grouped([dayColumn, dimensionColumn('event'), dimensionColumn('currency')], sales),
}
