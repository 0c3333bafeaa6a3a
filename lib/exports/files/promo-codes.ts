import type { ExportType } from '../catalogue.ts'
import { dimensionColumn } from '../dimensions.ts'
import { grouped } from '../grouped.ts'

export const promoCodes: ExportType = {
  name: 'promo-codes',
  title: 'Promo codes',
  definition:
    'One row for each promo code, show and currency. What was paid without a code has rows of its own with none, and so have refunds, which name no code.',
  ...grouped(
    [dimensionColumn('promo_code'), dimensionColumn('event'), dimensionColumn('currency')],
    ['orders', 'tickets_sold', 'gross_revenue', 'discounts', 'refunds'],
  ),
}
