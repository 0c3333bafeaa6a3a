import { currencyExponent } from '../events/currency.ts'
import { catalogue } from '../metrics/catalogue.ts'
import { changeInPercent } from './condition.ts'
import type { Rule } from './rule.ts'
import type { Labels } from './state.ts'

const signs = { gt: '>', gte: '≥', lt: '<', lte: '≤', eq: '=', neq: '≠' } as const

/** Where a rule begins for a group, in signs that every language reads: `> 100`, `< 5, > 10`, `> +20 %`. */
export function thresholdText(rule: Rule, labels: Labels): string {
  const { condition } = rule
  const text = (value: number) => valueText(rule, value, currencyOf(rule, labels))
  switch (condition.op) {
    case 'between':
      return condition.values.map(text).join(' … ')
    case 'outside':
      return `< ${text(condition.values[0])}, > ${text(condition.values[1])}`
    case 'change_pct_gt':
    case 'change_pct_lt': {
      const sign = condition.op === 'change_pct_gt' ? '>' : '<'
      return `${sign} ${condition.value > 0 ? '+' : ''}${plain(condition.value)} %`
    }
    case 'absent':
      return '= 0'
    default:
      return `${signs[condition.op]} ${text(condition.value)}`
  }
}

/** Of which currency the money of a group is; null where it is none that is known. */
export const currencyOf = ({ query }: Rule, labels: Labels): string | null =>
  labels.currency ?? query.currency

/** A number as people read it: money in major units, a share in per cent; a currency where one is known. */
export function valueText({ query }: Rule, value: number, currency: string | null): string {
  if (query.per !== null && unitOf(query.per) === unitOf(query.metric)) {
    return `${plain(value * 100)} %`
  }
  if (unitOf(query.metric) !== 'minor') return plain(value)
  // Of money that is of no known currency the number stands as the rule says it, in minor units.
  if (currency === null) return plain(value)
  const exponent = currencyExponent(currency)
  const amount = value / 10 ** exponent
  return `${amount.toLocaleString('en', { minimumFractionDigits: exponent, maximumFractionDigits: exponent })} ${currency}` // biome-ignore format: one line
}

/** The same with how far it is from what it is compared with, where a rule compares. */
export function changeText(
  rule: Rule,
  { value, compared }: { value: number; compared: number | null },
  currency: string | null,
): string {
  const text = valueText(rule, value, currency)
  const change = Math.round(changeInPercent(value, compared) * 10) / 10
  if (!('compare' in rule.condition) || Number.isNaN(change)) return text
  return `${text} (${change > 0 ? '+' : ''}${plain(change)} %)`
}

const unitOf = (metric: string) => catalogue.get(metric)?.unit
const plain = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 4 })
