import type { Tx } from '../clients/postgres.ts'
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

/** The sums of a file in one currency; null where its type has none. Money in minor units. */
export type Total = { currency: string | null; values: Record<string, bigint> }

/** Counts the rows of a file and adds its columns up, in a transaction that was told the question. */
export async function readTotals(
  tx: Tx,
  type: ExportType,
): Promise<{ rows: number; totals: Total[] }> {
  const names = totalled(type)
  const lines = await tx.unsafe(totalsSelect(type)).values()
  const rows = lines.reduce((sum, [, rowCount]) => sum + Number(rowCount), 0)
  const totals = (lines as unknown as (string | null)[][]).map(([currency = null, , ...sums]) => ({
    currency,
    values: Object.fromEntries(names.map((name, i) => [name, BigInt(sums[i] ?? 0)])),
  }))
  return { rows, totals }
}
