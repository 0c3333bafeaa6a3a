import { durationMs } from '../../../lib/alerts/duration.ts'
import { matchesAll } from '../../../lib/alerts/matchers.ts'
import { Rule } from '../../../lib/alerts/rule.ts'
import { changeText, thresholdText, valueText } from '../../../lib/alerts/threshold.ts'
import { ruleOf } from './sequences.ts'

const valid = {
  name: 'Rule',
  query: { metric: 'tickets_sold', window: '1h' },
  condition: { op: 'gt', value: 1 },
}

test.each([
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['0s', 0],
])('%s is %i ms', (text, ms) => expect(durationMs(text)).toBe(ms))

test.each(['', '5', 'm', '-1m', '1.5h', '5 m', '5M', '1w', 'PT5M'])('“%s” is no duration', (text) =>
  expect(durationMs(text)).toBeNaN(),
)

test('a rule of three fields is whole with its defaults', () => {
  expect(Rule.parse(valid)).toEqual({
    ...{ name: 'Rule', severity: 'medium', condition: { op: 'gt', value: 1 } },
    query: {
      metric: 'tickets_sold',
      per: null,
      filters: [],
      window: '1h',
      groupBy: [],
      currency: null,
    },
    ...{ for: '0s', keepFiringFor: '5m', recovery: null, noData: { policy: 'ok', for: '15m' } },
    ...{ schedule: null, escalationPolicyId: null, contactPointIds: [], enabled: true },
  })
})

test.each<[string, object]>([
  ['name', { name: '  ' }],
  ['severity', { severity: 'urgent' }],
  ['query.metric', { query: { metric: 'sales', window: '1h' } }],
  ['query.per', { query: { metric: 'orders', per: 'sales', window: '1h' } }],
  ['query.per', { query: { metric: 'tickets_open', per: 'orders', window: '1h' } }],
  ['query.window', { query: { metric: 'orders', window: '0m' } }],
  ['query.groupBy', { query: { metric: 'orders', window: '1h', groupBy: ['event', 'event'] } }],
  ['query.groupBy', { query: { metric: 'data_age_seconds', window: '1h', groupBy: ['event'] } }],
  ['condition.values', { condition: { op: 'between', values: [4, 2] } }],
  ['condition.value', { condition: { op: 'gt', value: Number.NaN } }],
  ['condition.op', { condition: { op: 'like', value: 1 } }],
  ['condition.op', { query: { metric: 'data_age_seconds', window: '1m' }, condition: { op: 'change_pct_gt', value: 1 } }],
  ['for', { for: '5 minutes' }],
  ['recovery', { recovery: { value: 2 } }],
  ['recovery', { condition: { op: 'lt', value: 5 }, recovery: { value: 4 } }],
  ['recovery', { condition: { op: 'eq', value: 5 }, recovery: { value: 5 } }],
  ['recovery', { condition: { op: 'outside', values: [1, 5] }, recovery: { values: [0, 6] } }],
  ['schedule.days', { schedule: { days: [] } }],
  ['schedule.from', { schedule: { from: '24:00' } }],
  ['schedule.to', { schedule: { from: '08:00', to: '08:00' } }],
  ['schedule.tz', { schedule: { tz: 'Mars/Base' } }],
  ['noData.policy', { noData: { policy: 'maybe' } }],
  ['contactPointIds.0', { contactPointIds: ['x'] }],
])('%s is refused by its name', (path, more) => {
  const { error } = Rule.safeParse({ ...valid, ...more })
  expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path)
}) // biome-ignore format: a table reads better in rows

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
  expect(thresholdText(ruleOf(more))).toBe(text)
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

test('all matchers must hold, and what a group does not say is the empty text', () => {
  const facts = { severity: 'high', 'label.event': 'e1' }
  const eq = (name: string, value: string) => ({ name, op: 'eq' as const, value })
  expect(matchesAll([], facts)).toBe(true)
  expect(matchesAll([eq('severity', 'high'), eq('label.event', 'e1')], facts)).toBe(true)
  expect(matchesAll([eq('severity', 'high'), eq('label.event', 'e2')], facts)).toBe(false)
  expect(matchesAll([{ name: 'label.gate', op: 'neq', value: 'g1' }], facts)).toBe(true)
  expect(matchesAll([{ name: 'severity', op: 'not_in', values: ['low', 'high'] }], facts)).toBe(
    false,
  )
  expect(matchesAll([eq('toString', '')], facts)).toBe(true)
})
