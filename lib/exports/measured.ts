import { type Measure, movingMeasures } from '../ledger/entry.ts'
import { catalogue, isMoney } from '../metrics/catalogue.ts'
import { type Column, count, money } from './catalogue.ts'

/** A column of a metric: named and defined as the API does, and adding up to its answer. */
export function metricColumn(name: string): Column {
  const metric = metricOf(name)
  const kind = isMoney(metric) ? money : count
  const more = inOneRow.has(name) ? ` ${oneRow}` : ''
  return kind(name, `${metric.definition}${more}`, name)
}

const inOneRow = new Set(['orders', 'orders_cancelled'])
const oneRow =
  'Here each is counted in one row alone, that of its first line, so that the rows add up to the ' +
  'whole; the API counts it in each group in which it has a line.'

/** The sums of metrics over the rows of a group, 0 where nothing touched them. */
export const sumsOf = (names: string[]): string =>
  names.map((name) => `${sumOf(name)} as ${name}`).join(',\n       ')

function sumOf(name: string): string {
  const { plus, minus } = partsOf(name)
  const sum = (measure: Measure) => `coalesce(sum(e.${measure}), 0)`
  return `(${[plus.map(sum).join(' + '), ...minus.map(sum)].join(' - ')})::bigint`
}

/**
 * Whether anything of the metrics is left in a group: what later events have moved elsewhere whole
 * leaves zeros that mean nothing; any other zero happened.
 */
export function isAnyLeft(names: string[]): string {
  const parts = [...new Set(names.map(partsOf).flatMap(({ plus, minus }) => [...plus, ...minus]))]
  const staying = parts.filter((measure) => !movingMeasures.has(measure))
  const moving = parts.filter((measure) => movingMeasures.has(measure))
  return [
    ...staying.map((measure) => `count(e.${measure}) > 0`),
    ...moving.map((measure) => `sum(e.${measure}) <> 0`),
  ].join(' or ')
}

function partsOf(name: string): { plus: Measure[]; minus: Measure[] } {
  const { formula } = metricOf(name)
  if (formula.kind !== 'sum') throw new Error(`${name} does not add up`)
  return formula
}

function metricOf(name: string) {
  const metric = catalogue.get(name)
  if (!metric) throw new Error(`${name} is no metric`)
  return metric
}
