import type { Column, ExportType } from './catalogue.ts'
import { isAnyLeft, metricColumn, sumsOf } from './measured.ts'
import { dayOf } from './source.ts'

const placed = ['orders', 'orders_cancelled']

/**
 * One row for each combination of keys in which anything of the metrics is left, with their sums:
 * most files are no more than that.
 */
export function grouped(
  keys: Column[],
  metrics: string[],
): Pick<ExportType, 'columns' | 'rows' | 'order'> {
  const values = keys.map(({ name }) => (name === 'day' ? dayOf('e.occurred_at') : `e.${name}`))
  const told = values.map((value, i) => `${value} as ${keys[i]?.name}`)
  const source = metrics.some((name) => placed.includes(name)) ? 'counted' : 'entries'
  return {
    columns: [...keys, ...metrics.map(metricColumn)],
    rows: `
select ${told.join(', ')},
       ${sumsOf(metrics)}
  from ${source} e
 group by ${values.join(', ')}
having ${isAnyLeft(metrics)}`,
    order: keys.map(({ name }) => `${name} collate "C"`).join(', '),
  }
}
