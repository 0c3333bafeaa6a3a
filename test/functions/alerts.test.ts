import { handler } from '../../functions/http/alerts.ts'
import { handler as policies } from '../../functions/http/escalation-policies.ts'
import type { Role } from '../../lib/access/grants.ts'
import type { Alert } from '../../lib/alerts/alert-schema.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { alertIn, fire, policyIn, remember, ruleOf, statesOf } from '../support/alerts.ts'
import { unique } from '../support/events.ts'
import { type Asked, request } from '../support/http.ts'
import { addTarget } from '../support/messages.ts'
import { closeStores } from '../support/service.ts'

afterAll(closeStores)

const base = '/v1/venues/{venueId}/alerts'
const one = `${base}/{alertId}`
const always = { 'if-match': '*' }
const nowhere = '00000000-0000-4000-8000-000000000000'
const rule = {
  name: 'Many orders',
  query: { metric: 'orders', window: '1h' },
  condition: { op: 'gt', value: 100 },
}

/** Calls a route as somebody of a venue. */
function ask(venueId: string, key: string, more: Asked & { id?: string; role?: Role } = {}) {
  const { id, role = 'manager', headers, ...rest } = more
  const caller = { userId: 'u-ana', venues: { [venueId]: role } }
  const params = { venueId, ...(id !== undefined && { alertId: id }) }
  const own = { ...(!key.startsWith('GET ') && { 'idempotency-key': unique('k') }), ...headers }
  return request(handler, key, { caller, params, ...rest, headers: own })
}
async function made(venueId: string, more = {}): Promise<Alert> {
  const { status, body } = await ask(venueId, `POST ${base}`, { body: { ...rule, ...more } })
  expect([status, body.issues]).toEqual([201, undefined])
  return body
}
const read = async (venueId: string, id: string): Promise<Alert> =>
  (await ask(venueId, `GET ${one}`, { id })).body
const namesOf = ({ body }: { body: { items: Alert[] } }) => body.items.map(({ name }) => name)
const issueOf = ({ status, body }: { status: number; body: { issues?: { path: string }[] } }) => [
  status,
  body.issues?.[0]?.path,
]

test('an alert is told whole, every default filled in, and as it was made', async () => {
  const venue = unique('v')
  const answer = await ask(venue, `POST ${base}`, { body: rule })
  expect(answer.status).toBe(201)
  const { id, createdAt, ...told } = answer.body
  expect(answer.headers.location).toBe(`/v1/venues/${venue}/alerts/${id}`)
  expect(told).toEqual({
    ...ruleOf({ ...rule }),
    ...{ createdBy: 'u-ana', state: 'inactive', openInstances: 0, triggerCount: 0 },
    ...{ lastTriggeredAt: null, health: 'ok', fault: null, evaluatedAt: null },
  })
  expect(Date.parse(createdAt)).not.toBeNaN()
  const again = await ask(venue, `GET ${one}`, { id })
  expect([again.body, again.headers.etag]).toEqual([answer.body, answer.headers.etag])
  expect(await read(venue, id.toUpperCase())).toEqual(answer.body)
})

test('a request that comes twice with its key makes one alert', async () => {
  const venue = unique('v')
  const asked = { body: rule, headers: { 'idempotency-key': unique('k') } }
  const [first, second] = [
    await ask(venue, `POST ${base}`, asked),
    await ask(venue, `POST ${base}`, asked),
  ]
  expect(second.body).toEqual(first.body)
  expect((await ask(venue, `GET ${base}`)).body.items).toHaveLength(1)
})

test('each ready rule makes an alert', async () => {
  const venue = unique('v')
  const caller = { venues: {} }
  const { body } = await request(handler, 'GET /v1/alert-templates', { caller })
  const names = body.items.map(({ name }: { name: string }) => name)
  expect(names).toEqual(
    expect.arrayContaining(['gate-silent', 'reject-rate', 'holds-expiring', 'sold-out']),
  )
  expect(new Set(names).size).toBe(names.length)
  for (const template of body.items) {
    const alert = await made(venue, template.rule)
    expect(alert).toMatchObject(template.rule)
  }
})

test('the list has the worst first, then the latest, page by page', async () => {
  const venue = unique('v')
  const severities = ['low', 'critical', 'info', 'high', 'medium', 'critical', 'low'] as const
  for (const [i, severity] of severities.entries()) {
    await made(venue, { name: `${severity} ${i}`, severity })
  }
  const sorted = ['critical 5', 'critical 1', 'high 3', 'medium 4', 'low 6', 'low 0', 'info 2']
  expect(namesOf(await ask(venue, `GET ${base}`))).toEqual(sorted)
  const paged: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { limit: '2', ...(cursor && { cursor }) }
    const page = await ask(venue, `GET ${base}`, { query })
    paged.push(...namesOf(page))
    cursor = page.body.nextCursor
  }
  expect(paged).toEqual(sorted)
  const only = await ask(venue, `GET ${base}`, { query: { severity: 'low' } })
  expect(namesOf(only)).toEqual(['low 6', 'low 0'])
  const { nextCursor } = (await ask(venue, `GET ${base}`, { query: { limit: '1' } })).body
  const other = { cursor: nextCursor, severity: 'low' }
  expect(issueOf(await ask(venue, `GET ${base}`, { query: other }))).toEqual([400, 'cursor'])
})

test('an alert fires while an instance is open, and is pending while a group waits', async () => {
  const venue = unique('v')
  const [firing, pending] = [await made(venue, { name: 'f' }), await made(venue, { name: 'p' })]
  await made(venue, { name: 'i', enabled: false })
  await fire(venue, firing.id, { labels: { event: 'a' } })
  await fire(venue, firing.id, { labels: { event: 'b' }, status: 'recovering' })
  await remember(venue, firing.id, { event: 'c' }, 'pending')
  await remember(venue, pending.id, { event: 'a' }, 'pending')
  await remember(venue, pending.id, { event: 'b' }, 'dismissed')
  expect(await read(venue, firing.id)).toMatchObject({ state: 'firing', openInstances: 2 })
  expect(await read(venue, pending.id)).toMatchObject({ state: 'pending', openInstances: 0 })
  const of = async (query: Record<string, string>) =>
    namesOf(await ask(venue, `GET ${base}`, { query }))
  expect(await of({ state: 'firing' })).toEqual(['f'])
  expect(await of({ state: 'pending' })).toEqual(['p'])
  expect(await of({ state: 'inactive' })).toEqual(['i'])
  expect(await of({ enabled: 'true' })).toEqual(['p', 'f'])
  expect(await of({ enabled: 'false' })).toEqual(['i'])
  expect((await ask(venue, `GET ${base}`, { query: { state: 'on' } })).status).toBe(400)
})

test('a change keeps what it leaves out, and depends on what was read', async () => {
  const venue = unique('v')
  const { id, ...before } = await made(venue, { for: '5m', severity: 'high' })
  const first = await ask(venue, `GET ${one}`, { id })
  const tag = { 'if-match': first.headers.etag ?? '' }
  const change = { body: { name: 'Very many orders', keepFiringFor: '10m' }, id }
  expect((await ask(venue, `PATCH ${one}`, change)).status).toBe(428)
  // What the alert does changes its tag, and not what a change depends on.
  await fire(venue, id)
  const second = await ask(venue, `GET ${one}`, {
    id,
    headers: { 'if-none-match': tag['if-match'] },
  })
  expect([second.status, second.body.state]).toEqual([200, 'firing'])
  const changed = await ask(venue, `PATCH ${one}`, { ...change, headers: tag })
  expect(changed.status).toBe(200)
  expect(changed.body).toEqual({
    ...{ id, ...before, ...change.body },
    ...{ state: 'firing', openInstances: 1 },
  })
  expect((await ask(venue, `PATCH ${one}`, { ...change, headers: tag })).status).toBe(412)
  expect(await read(venue, id)).toEqual(changed.body)
})

test('a change that does not fit the rest is refused by its field', async () => {
  const venue = unique('v')
  const { id } = await made(venue, { recovery: { value: 80 } })
  const patch = (body: object) => ask(venue, `PATCH ${one}`, { id, body, headers: always })
  const condition = { op: 'gt', value: 50 }
  expect(issueOf(await patch({ condition }))).toEqual([400, 'recovery'])
  expect((await patch({ condition, recovery: null })).status).toBe(200)
  expect(issueOf(await patch({ colour: 'red' }))).toEqual([400, 'colour'])
  expect(issueOf(await patch({ for: '5 minutes' }))).toEqual([400, 'for'])
})

test('what is wrong with a rule is refused by its field', async () => {
  const venue = unique('v')
  const wrong: [string, object][] = [
    ['name', { name: ' ' }],
    ['severity', { severity: 'severe' }],
    ['query.metric', { query: { metric: 'love', window: '1h' } }],
    ['query.window', { query: { metric: 'orders', window: '1y' } }],
    ['query.per', { query: { metric: 'orders', per: 'orders', window: '1h' } }],
    ['query.currency', { query: { metric: 'net_revenue', currency: 'QQQ', window: '1h' } }],
    ['query.currency', { query: { metric: 'tickets_open', currency: 'USD', window: '1h' } }],
    ['condition.op', { condition: { op: 'is', value: 1 } }],
    ['condition.values', { condition: { op: 'between', values: [2, 1] } }],
    ['recovery', { recovery: { value: 200 } }],
    ['noData.policy', { noData: { policy: 'panic' } }],
    ['schedule.to', { schedule: { from: '08:00', to: '08:00' } }],
    ['contactPointIds.0', { contactPointIds: ['box office'] }],
    ['escalationPolicyId', { escalationPolicyId: 'doors' }],
    ['isPublic', { isPublic: true }],
  ]
  for (const [path, more] of wrong) {
    const answer = await ask(venue, `POST ${base}`, { body: { ...rule, ...more } })
    expect(issueOf(answer)).toEqual([400, path])
  }
  expect((await ask(venue, `GET ${base}`)).body.items).toEqual([])
})

test('contact points and policies of elsewhere are refused by their field', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  const [mine, theirs] = [await addTarget(venue), await addTarget(other)]
  const [policy, theirPolicy] = [await policyIn(venue), await policyIn(other)]
  const { id } = await made(venue, {
    contactPointIds: [mine.toUpperCase()],
    escalationPolicyId: policy.toUpperCase(),
  })
  expect(await read(venue, id)).toMatchObject({
    contactPointIds: [mine],
    escalationPolicyId: policy,
  })
  for (const wrong of [
    { path: 'contactPointIds.1', more: { contactPointIds: [mine, theirs] } },
    { path: 'escalationPolicyId', more: { escalationPolicyId: theirPolicy } },
    { path: 'escalationPolicyId', more: { escalationPolicyId: nowhere } },
  ]) {
    const post = await ask(venue, `POST ${base}`, { body: { ...rule, ...wrong.more } })
    const patch = await ask(venue, `PATCH ${one}`, { id, body: wrong.more, headers: always })
    expect([issueOf(post), issueOf(patch)]).toEqual([
      [422, wrong.path],
      [422, wrong.path],
    ])
  }
})

test('a policy that is deleted while alerts begin to follow it is followed by none', async () => {
  const venue = unique('v')
  const key = 'DELETE /v1/venues/{venueId}/escalation-policies/{policyId}'
  for (let i = 0; i < 10; i += 1) {
    const policyId = await policyIn(venue)
    const caller = { venues: { [venue]: 'manager' as const } }
    const headers = { 'idempotency-key': unique('k') }
    const params = { venueId: venue, policyId }
    const deleted = request(policies, key, { caller, params, headers })
    const body = { ...rule, escalationPolicyId: policyId }
    const [{ status }, alert] = await Promise.all([deleted, ask(venue, `POST ${base}`, { body })])
    expect([[204, 422], [409, 201]]).toContainEqual([status, alert.status]) // biome-ignore format: pairs
  }
})

test('a venue has at most five hundred alerts', async () => {
  const venue = unique('v')
  await withTenant(
    venue,
    (tx) => tx`
      insert into alerts (venue_id, once_id, created_by, name, severity, rule, enabled)
      select ${venue}, 'k-' || n, 'u-1', 'n', 'low', ${JSON.stringify(ruleOf())}::text::jsonb, true
        from generate_series(1, 499) n`,
  )
  const answers = await Promise.all([1, 2, 3].map(() => ask(venue, `POST ${base}`, { body: rule })))
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422])
})

const kept = (venueId: string) =>
  withTenant(
    venueId,
    (tx) => tx<{ group: string; status: string; by: string | null; reason: string | null }[]>`
      select i.labels ->> 'event' as group, i.status, h.by_user as by, i.resolve_reason as reason
        from alert_instances i
        left join alert_history h
          on h.venue_id = i.venue_id and h.instance_id = i.instance_id and h.kind = 'resolved'
       where i.venue_id = ${venueId}
       order by 1`,
  )

test.each([
  ['disabling', 'The alert was disabled', (id: string) => [`POST ${one}/disable`, { id }]],
  ['deleting', 'The alert was deleted', (id: string) => [`DELETE ${one}`, { id }]],
  [
    'a change to disabled',
    'The alert was disabled',
    (id: string) => [`PATCH ${one}`, { id, body: { enabled: false }, headers: always }],
  ],
  [
    'another metric',
    'The alert was changed',
    (id: string) => [
      `PATCH ${one}`,
      { id, body: { query: { ...ruleOf().query, metric: 'comps' } }, headers: always },
    ],
  ],
  [
    'other groups',
    'The alert was changed',
    (id: string) => [
      `PATCH ${one}`,
      { id, body: { query: { ...ruleOf().query, groupBy: ['channel'] } }, headers: always },
    ],
  ],
] as [string, string, (id: string) => [string, Asked]][])(
  '%s resolves what fires, with who and why, and forgets its groups',
  async (_how, reason, how) => {
    const venue = unique('v')
    const [id, other] = [await alertIn(venue), await alertIn(venue)]
    for (const event of ['a', 'b']) await fire(venue, id, { labels: { event } })
    await remember(venue, id, { event: 'c' }, 'pending')
    await fire(venue, other, { labels: { event: 'z' } })
    const { status } = await ask(venue, ...how(id))
    expect(status).toBeLessThan(300)
    const resolved = { status: 'resolved', by: 'u-ana', reason }
    expect(await kept(venue)).toEqual([
      { group: 'a', ...resolved },
      { group: 'b', ...resolved },
      { group: 'z', status: 'firing', by: null, reason: null },
    ])
    expect(await statesOf(venue, id)).toEqual([])
    expect(await statesOf(venue, other)).toHaveLength(1)
  },
)

test('another threshold or filter has what waits begin anew, and keeps what fires', async () => {
  const venue = unique('v')
  for (const body of [
    { condition: { op: 'gt', value: 50 } },
    { query: { ...ruleOf().query, window: '2h' } },
  ]) {
    const id = await alertIn(venue)
    await fire(venue, id, { labels: { event: 'a' } })
    await remember(venue, id, { event: 'b' }, 'pending')
    const { body: told } = await ask(venue, `PATCH ${one}`, { id, body, headers: always })
    expect([told.state, told.openInstances]).toEqual(['firing', 1])
    expect((await statesOf(venue, id)).map(({ status }) => status)).toEqual(['firing'])
  }
})

test('a change that asks the same keeps what waits', async () => {
  const venue = unique('v')
  const id = await alertIn(venue)
  await remember(venue, id, { event: 'b' }, 'pending')
  const { query, condition } = ruleOf()
  const same = {
    query: { ...query, window: query.window },
    condition,
    name: 'Otherwise',
    for: '9m',
  }
  await ask(venue, `PATCH ${one}`, { id, body: same, headers: always })
  await ask(venue, `POST ${one}/enable`, { id })
  expect(await statesOf(venue, id)).toHaveLength(1)
})

test('enabling and disabling are done once, however often they are asked', async () => {
  const venue = unique('v')
  const { id } = await made(venue)
  const off = await ask(venue, `POST ${one}/disable`, { id })
  expect([off.status, off.body.enabled]).toEqual([200, false])
  const still = await ask(venue, `POST ${one}/disable`, { id })
  expect([still.status, still.headers.etag]).toEqual([200, off.headers.etag])
  const on = await ask(venue, `POST ${one}/enable`, { id })
  expect([on.body.enabled, (await read(venue, id)).enabled]).toEqual([true, true])
  const tag = { 'if-match': off.headers.etag ?? '' }
  expect((await ask(venue, `PATCH ${one}`, { id, body: {}, headers: tag })).status).toBe(412)
})

test('a deleted alert is gone, and so is one of another venue', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  const theirs = await alertIn(other)
  const { id } = await made(venue)
  expect((await ask(venue, `DELETE ${one}`, { id })).status).toBe(204)
  for (const gone of [id, theirs, nowhere, 'x']) {
    const answers = await Promise.all([
      ask(venue, `GET ${one}`, { id: gone }),
      ask(venue, `PATCH ${one}`, { id: gone, body: { name: 'x' }, headers: always }),
      ask(venue, `POST ${one}/enable`, { id: gone }),
      ask(venue, `POST ${one}/disable`, { id: gone }),
      ask(venue, `DELETE ${one}`, { id: gone }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404])
  }
  expect((await read(other, theirs)).enabled).toBe(true)
})

test('a viewer reads alerts, and who manages the venue changes them', async () => {
  const venue = unique('v')
  const { id } = await made(venue)
  for (const role of ['viewer', 'analyst'] as const) {
    expect((await ask(venue, `GET ${base}`, { role })).status).toBe(200)
    expect((await ask(venue, `GET ${one}`, { id, role })).status).toBe(200)
    const writes = await Promise.all([
      ask(venue, `POST ${base}`, { role, body: rule }),
      ask(venue, `PATCH ${one}`, { role, id, body: { name: 'x' }, headers: always }),
      ask(venue, `POST ${one}/enable`, { role, id }),
      ask(venue, `POST ${one}/disable`, { role, id }),
      ask(venue, `DELETE ${one}`, { role, id }),
    ])
    expect(writes.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
  }
})
