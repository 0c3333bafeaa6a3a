import { Rule } from '../../../lib/alerts/rule.ts'
import { changeText, thresholdText, valueText } from '../../../lib/alerts/threshold.ts'

const ruleOf = (more: object): Rule =>
  Rule.parse({
    name: 'Rule',
    query: { metric: 'tickets_sold', window: '10m' },
    condition: { op: 'gt', value: 10 },
    ...more,
  })

test('the threshold of a group is read in its own currency, and as it was said in none', () => {
  const revenue = ruleOf({ query: { metric: 'net_revenue', window: '1h' } })
  const read = (labels: Record<string, string>) => thresholdText(revenue, labels)
  expect([read({ currency: 'KWD' }), read({ currency: 'JPY' }), read({})]).toEqual([
    ...['> 0.010 KWD', '> 10 JPY', '> 10'],
  ])
})

test.each<[object, string]>([
  [{ condition: { op: 'gt', value: 1000 } }, '> 1,000'],
  [{ condition: { op: 'outside', values: [2, 5] } }, '< 2, > 5'],
  [{ condition: { op: 'between', values: [2, 5] } }, '2 … 5'],
  [{ condition: { op: 'change_pct_lt', value: -20 } }, '< -20 %'],
  [{ condition: { op: 'change_pct_gt', value: 20 } }, '> +20 %'],
  [{ condition: { op: 'absent' } }, '= 0'],
  [{ query: { metric: 'net_revenue', window: '1h', currency: 'USD' } }, '> 0.10 USD'],
  [{ query: { metric: 'net_revenue', window: '1h', currency: 'JPY' } }, '> 10 JPY'],
])('the threshold of %j is read as %s', (more, text) => {
  expect(thresholdText(ruleOf(more), {})).toBe(text)
})

test('a number is read in its unit, with its change where one is watched', () => {
  const money = ruleOf({
    query: { metric: 'net_revenue', window: '1h' },
    condition: { op: 'change_pct_lt', value: -50 },
  })
  expect(valueText(money, 123_450, 'EUR')).toBe('1,234.50 EUR')
  expect(changeText(money, { value: 5000, compared: 10_000 }, 'USD')).toBe('50.00 USD (-50 %)')
  const share = ruleOf({ query: { metric: 'scans_rejected', per: 'scans_accepted', window: '1h' } })
  expect(valueText(share, 0.125, null)).toBe('12.5 %')
})
