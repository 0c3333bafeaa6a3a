import { factsOf, Matcher, Matchers, matchesAll } from '../../../lib/alerts/matchers.ts'

const alert = { alertId: 'a-1', name: 'Gate 3 is silent', severity: 'high', metric: 'admissions' }
const facts = factsOf(alert, { gate: 'g-3', event: '' })

test('facts are what the alert is and the labels of its group', () => {
  expect(facts).toEqual({ ...alert, 'label.gate': 'g-3', 'label.event': '' })
  expect(factsOf(alert, {})).toEqual(alert)
})

test.each<[Matcher, boolean]>([
  [{ name: 'severity', op: 'eq', value: 'high' }, true],
  [{ name: 'severity', op: 'eq', value: 'HIGH' }, false],
  [{ name: 'severity', op: 'neq', value: 'high' }, false],
  [{ name: 'severity', op: 'neq', value: 'low' }, true],
  [{ name: 'severity', op: 'in', values: ['low', 'high'] }, true],
  [{ name: 'severity', op: 'in', values: ['low'] }, false],
  [{ name: 'severity', op: 'not_in', values: ['low', 'high'] }, false],
  [{ name: 'severity', op: 'not_in', values: ['low'] }, true],
  [{ name: 'name', op: 'eq', value: 'Gate' }, false],
  [{ name: 'alertId', op: 'eq', value: 'a-1' }, true],
  [{ name: 'label.gate', op: 'eq', value: 'g-3' }, true],
  [{ name: 'label.channel', op: 'eq', value: '' }, true],
  [{ name: 'label.channel', op: 'neq', value: 'web' }, true],
  [{ name: 'label.channel', op: 'in', values: ['web', ''] }, true],
  [{ name: 'label.channel', op: 'not_in', values: ['web'] }, true],
  [{ name: 'label.event', op: 'eq', value: '' }, true],
  [{ name: 'constructor', op: 'eq', value: '' }, true],
])('%j matches: %s', (matcher, expected) => {
  expect(matchesAll([matcher], facts)).toBe(expected)
})

test('all matchers must hold, and none always do', () => {
  const high: Matcher = { name: 'severity', op: 'eq', value: 'high' }
  const web: Matcher = { name: 'label.channel', op: 'eq', value: 'web' }
  expect(matchesAll([high, high], facts)).toBe(true)
  expect(matchesAll([high, web], facts)).toBe(false)
  expect(matchesAll([], facts)).toBe(true)
})

test('a matcher that is taken stays as it was said', () => {
  const told = [
    { name: 'label.ticket_type', op: 'eq', value: '' },
    { name: 'name', op: 'neq', value: 'x'.repeat(300) },
    { name: 'metric', op: 'in', values: ['orders', 'data_age_seconds'] },
    { name: 'severity', op: 'neq', value: 'critical' },
    { name: 'alertId', op: 'not_in', values: ['a', 'b'] },
  ]
  expect(Matchers.parse(told)).toEqual(told)
  expect(Matchers.parse([])).toEqual([])
})

test.each([
  [{ name: 'sevrity', op: 'eq', value: 'high' }, 'name'],
  [{ name: 'label.seat', op: 'eq', value: 'high' }, 'name'],
  [{ name: '', op: 'eq', value: 'high' }, 'name'],
  [{ name: 'label.'.repeat(20), op: 'eq', value: 'high' }, 'name'],
  [{ name: 'severity', op: 'eq', value: 'worst' }, 'value'],
  [{ name: 'metric', op: 'not_in', values: ['orders', 'love'] }, 'values.1'],
  [{ name: 'severity', op: 'like', value: 'high' }, 'op'],
  [{ name: 'severity', op: 'eq' }, 'value'],
  [{ name: 'severity', op: 'eq', value: 'x'.repeat(301) }, 'value'],
  [{ name: 'severity', op: 'in', value: 'high' }, 'values'],
  [{ name: 'severity', op: 'in', values: [] }, 'values'],
  [{ name: 'severity', op: 'not_in', values: ['x'.repeat(301)] }, 'values.0'],
  [{ name: 'severity', op: 'eq', value: 'high', isRegex: true }, ''],
])('%j is refused by the name of its field', (told, path) => {
  const { error } = Matcher.safeParse(told)
  expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path)
})

test('more than twenty matchers are refused', () => {
  const one = { name: 'severity', op: 'eq', value: 'high' }
  expect(Matchers.safeParse(Array(20).fill(one)).success).toBe(true)
  expect(Matchers.safeParse(Array(21).fill(one)).success).toBe(false)
})
