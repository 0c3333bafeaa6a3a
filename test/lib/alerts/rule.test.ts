import { Rule } from '../../../lib/alerts/rule.ts'

const told = {
  name: 'Refunds are high',
  query: { metric: 'refunds', window: '1h' },
  condition: { op: 'gt', value: 100 },
}

test('what is not said of a rule is filled in', () => {
  expect(Rule.parse(told)).toEqual({
    ...told,
    severity: 'medium',
    query: { ...told.query, per: null, filters: [], groupBy: [], currency: null },
    for: '0s',
    keepFiringFor: '5m',
    recovery: null,
    noData: { policy: 'ok', for: '15m' },
    schedule: null,
    escalationPolicyId: null,
    contactPointIds: [],
    enabled: true,
  })
  const daily = Rule.parse({ ...told, schedule: {} })
  expect(daily.schedule).toEqual({
    ...{ tz: null, from: '00:00', to: '24:00' },
    days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  })
  const changed = Rule.parse({ ...told, condition: { op: 'change_pct_gt', value: 20 } })
  expect(changed.condition).toEqual({ op: 'change_pct_gt', value: 20, compare: 'previous_period' })
})

const id = '5F0F7C52-5d6f-4f5c-8f0a-6f5a3f2b1c0d'
test('every kind of condition is taken, and ids are written small', () => {
  const conditions = [
    ...['gt', 'gte', 'lt', 'lte', 'eq', 'neq'].map((op) => ({ op, value: -1.5 })),
    ...['between', 'outside'].map((op) => ({ op, values: [-1, 1] })),
    ...['change_pct_gt', 'change_pct_lt'].map((op) => ({
      ...{ op, value: 20, compare: 'same_weekday' },
    })),
    { op: 'absent' },
  ]
  for (const condition of conditions) {
    expect(Rule.parse({ ...told, condition }).condition).toEqual(condition)
  }
  const rule = Rule.parse({ ...told, escalationPolicyId: id, contactPointIds: [id] })
  expect([rule.escalationPolicyId, ...rule.contactPointIds]).toEqual([
    id.toLowerCase(),
    id.toLowerCase(),
  ])
})

const query = (more: Record<string, unknown>) => ({ query: { ...told.query, ...more } })
const gauge = (metric: string, more: Record<string, unknown> = {}) => query({ metric, ...more })
const condition = (op: string, more: Record<string, unknown> = {}) => ({
  condition: { op, ...more },
})
const recovery = (threshold: Record<string, unknown>, more: Record<string, unknown>) => ({
  ...{ ...more, recovery: threshold },
})

test.each<[refused: Record<string, unknown>, path: string]>([
  [{ name: ' ' }, 'name'],
  [{ name: 'x'.repeat(201) }, 'name'],
  [{ colour: 'red' }, ''],
  [{ severity: 'warning' }, 'severity'],
  [query({ metric: 'constructor' }), 'query.metric'],
  [query({ metric: 'data_age' }), 'query.metric'],
  [query({ per: 'tickets_open' }), 'query.per'],
  [query({ window: '30s' }), 'query.window'],
  [query({ window: '93d' }), 'query.window'],
  [query({ window: undefined }), 'query.window'],
  [query({ groupBy: ['event', 'event'] }), 'query.groupBy'],
  [query({ groupBy: ['event', 'gate', 'channel', 'source'] }), 'query.groupBy'],
  [query({ groupBy: ['seat'] }), 'query.groupBy.0'],
  [query({ currency: 'eur' }), 'query.currency'],
  [query({ filters: [{ dimension: 'event', op: 'eq', values: ['a', 'b'] }] }), 'query.filters.0.values'],
  [gauge('data_age_seconds', { groupBy: ['event'] }), 'query.groupBy'],
  [gauge('holds_expiring', { groupBy: ['event', 'ticket_type'] }), 'query.groupBy'],
  [gauge('tickets_open', { per: 'orders' }), 'query.per'],
  [condition('gt'), 'condition.value'],
  [condition('gt', { value: Number.NaN }), 'condition.value'],
  [condition('gt', { value: 1e16 }), 'condition.value'],
  [condition('gt', { value: '100' }), 'condition.value'],
  [condition('between', { values: [10, 5] }), 'condition.values'],
  [condition('outside', { values: [5, 5] }), 'condition.values'],
  [condition('outside', { value: 5 }), 'condition.values'],
  [condition('change_pct_gt', { value: 5, compare: 'last_year' }), 'condition.compare'],
  [condition('absent', { value: 5 }), 'condition'],
  [condition('about', { value: 5 }), 'condition.op'],
  [{ ...gauge('tickets_open'), ...condition('change_pct_gt', { value: 5 }) }, 'condition.op'],
  [{ for: '5' }, 'for'],
  [{ for: '32d' }, 'for'],
  [{ keepFiringFor: '-1m' }, 'keepFiringFor'],
  [{ noData: { policy: 'alarm' } }, 'noData.policy'],
  [{ noData: { for: '32d' } }, 'noData.for'],
  [{ noData: { colour: 'red' } }, 'noData'],
  [recovery({ value: 101 }, {}), 'recovery'],
  [recovery({ values: [1, 2] }, {}), 'recovery'],
  [recovery({ value: 99 }, condition('lt', { value: 100 })), 'recovery'],
  [recovery({ value: 5 }, condition('eq', { value: 5 })), 'recovery'],
  [recovery({ value: 5 }, condition('absent')), 'recovery'],
  [recovery({ values: [5, 21] }, condition('outside', { values: [5, 20] })), 'recovery'],
  [recovery({ value: 7 }, condition('outside', { values: [5, 20] })), 'recovery'],
  [recovery({ values: [6, 7] }, condition('between', { values: [5, 20] })), 'recovery'],
  [{ schedule: { tz: 'Madrid' } }, 'schedule.tz'],
  [{ schedule: { days: [] } }, 'schedule.days'],
  [{ schedule: { days: ['mon', 'mon'] } }, 'schedule.days'],
  [{ schedule: { days: ['Monday'] } }, 'schedule.days.0'],
  [{ schedule: { from: '24:00' } }, 'schedule.from'],
  [{ schedule: { from: '7:30' } }, 'schedule.from'],
  [{ schedule: { from: '09:00', to: '09:00' } }, 'schedule.to'],
  [{ escalationPolicyId: 'p-1' }, 'escalationPolicyId'],
  [{ contactPointIds: [id, id.toLowerCase()] }, 'contactPointIds'],
  [{ contactPointIds: ['c-1'] }, 'contactPointIds.0'],
  [{ enabled: 'yes' }, 'enabled'],
])('%j is refused by the name of its field', (refused, path) => {
  const { error } = Rule.safeParse({ ...told, ...refused })
  expect(error?.issues.map((issue) => issue.path.join('.'))).toContain(path)
}) // biome-ignore format: a table reads better in rows

test('a recovery threshold is taken on the good side, the threshold itself included', () => {
  const taken = [
    recovery({ value: 100 }, {}),
    recovery({ value: 50 }, condition('gte', { value: 100 })),
    recovery({ value: 150 }, condition('lte', { value: 100 })),
    recovery({ value: -5 }, condition('change_pct_lt', { value: -20 })),
    recovery({ values: [5, 20] }, condition('outside', { values: [5, 20] })),
  ]
  for (const one of taken) expect(Rule.safeParse({ ...told, ...one }).error).toBeUndefined()
})
