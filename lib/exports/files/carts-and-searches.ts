import type { ExportType } from '../catalogue.ts'
import { dayColumn, dimensionColumn } from '../dimensions.ts'
import { grouped } from '../grouped.ts'

export const cartsAndSearches: ExportType = {
  name: 'carts-and-searches',
  title: 'Carts and searches',
  definition:
    'One row for each business day and show in which anybody looked, searched or left a cart behind.',
  ...grouped([dayColumn, dimensionColumn('event')], ['page_views', 'searches', 'carts_abandoned']),
}
