import type { ExportType } from './catalogue.ts'
import { entries } from './source.ts'

/** The columns of a type that have a total. */
export const totalled = ({ columns }: ExportType): string[] =>
  columns.filter(({ isTotalled }) => isTotalled).map(({ name }) => name)

/**
 * The statement that adds a file up, over the very select whose rows are in it: for each currency
 * (null where the type has none) `row_count` and the sum of each totalled column, as text. Without
 * any row there is no line, or one of zeros where the type has no currency.
 */
export function totalsSelect(type: ExportType): string {
  const hasCurrency = type.columns.some(({ name }) => name === 'currency')
  const sums = totalled(type).map((name) => `coalesce(sum(r.${name}), 0)::text as ${name}`)
  return `
with ${entries}
select ${hasCurrency ? 'r.currency' : 'null as currency'}, count(*)::text as row_count,
       ${sums.join(', ')}
  from (${type.rows}) r
 group by ${hasCurrency ? 'r.currency' : '()'}
 order by ${hasCurrency ? 'r.currency collate "C"' : '1'}`
}
