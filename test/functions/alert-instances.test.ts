import { handler } from '../../functions/http/alert-instances.ts'
import { handler as alerts } from '../../functions/http/alerts.ts'
import type { Role } from '../../lib/access/grants.ts'
import type { Entry, Instance } from '../../lib/alerts/instance-schema.ts'
import { withTenant, withTenantJob } from '../../lib/clients/postgres.ts'
import { alertIn, fire, remember, statesOf } from '../support/alerts.ts'
import { unique } from '../support/events.ts'
import { type Asked, request } from '../support/http.ts'
import { closeStores } from '../support/service.ts'

afterAll(closeStores)

const base = '/v1/venues/{venueId}/alert-instances'
const one = `${base}/{instanceId}`
const nowhere = '00000000-0000-4000-8000-000000000000'
const bodies = {
  ack: { note: 'Mine' },
  assign: { userId: 'u-bob' },
  comment: { text: 'Scanner 4' },
  resolve: { reason: 'Exchanged' },
}
type Deed = keyof typeof bodies
const deeds = Object.keys(bodies) as Deed[]

/** Calls a route as somebody of a venue. */
function ask(venueId: string, key: string, more: Asked & { id?: string; role?: Role } = {}) {
  const { id, role = 'manager', headers, ...rest } = more
  const caller = { userId: 'u-ana', venues: { [venueId]: role } }
  const params = { venueId, ...(id !== undefined && { instanceId: id }) }
  const own = { ...(!key.startsWith('GET ') && { 'idempotency-key': unique('k') }), ...headers }
  return request(handler, key, { caller, params, ...rest, headers: own })
}
const act = (venueId: string, id: string, deed: Deed, more: Asked & { role?: Role } = {}) =>
  ask(venueId, `POST ${one}/${deed}`, { id, body: bodies[deed], ...more })
const idsOf = ({ body }: { body: { items: Instance[] } }) => body.items.map(({ id }) => id)
const lastOf = ({ body }: { body: { history: Entry[] } }): Partial<Entry> => {
  const { at: _, ...entry } = { at: '', ...body.history.at(-1) }
  return entry
}
async function fired(venueId: string, more = {}): Promise<string> {
  return fire(venueId, await alertIn(venueId), more)
}

test('what fired is told with its numbers and its history', async () => {
  const venue = unique('v')
  const alertId = await alertIn(venue)
  const id = await fire(venue, alertId, { labels: { event: 'show-1' } })
  const { status, body } = await ask(venue, `GET ${one}`, { id, role: 'viewer' })
  expect(status).toBe(200)
  const { history, ...told } = body
  expect(told).toMatchObject({
    ...{ id, alertId, labels: { event: 'show-1' }, name: 'Many orders', severity: 'medium' },
    ...{ metric: 'orders', threshold: '> 100', state: 'firing', cause: 'condition' },
    ...{ value: 120.5, compared: null, triggerCount: 3, acknowledgedAt: null, resolvedAt: null },
  })
  expect(history).toEqual([{ at: expect.any(String), by: null, kind: 'fired', note: null }])
  expect((await ask(venue, `GET ${base}`, { role: 'viewer' })).body.items).toEqual([told])
})

test('each thing that is done is told with who and when, and stays', async () => {
  const venue = unique('v')
  const id = await fired(venue)
  const acked = await act(venue, id, 'ack')
  expect(acked.status).toBe(200)
  expect(acked.body).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'u-ana' })
  expect(lastOf(acked)).toEqual({ by: 'u-ana', kind: 'acknowledged', note: 'Mine' })
  expect(acked.body.nextStepAt).toBeNull()
  const given = await act(venue, id, 'assign')
  expect([given.body.assignedTo, given.body.state]).toEqual(['u-bob', 'acknowledged'])
  expect(lastOf(given)).toEqual({ by: 'u-ana', kind: 'assigned', note: 'u-bob' })
  const taken = await act(venue, id, 'assign', { body: { userId: null } })
  expect([taken.body.assignedTo, lastOf(taken).note]).toEqual([null, null])
  expect(lastOf(await act(venue, id, 'comment'))).toEqual({
    ...{ by: 'u-ana', kind: 'commented', note: 'Scanner 4' },
  })
  const ended = await act(venue, id, 'resolve')
  expect(ended.body).toMatchObject({ state: 'resolved', resolvedBy: 'u-ana' })
  expect(ended.body.resolveReason).toBe('Exchanged')
  expect(ended.body.history.at(-2)).toMatchObject({
    by: 'u-ana',
    kind: 'resolved',
    note: 'Exchanged',
  })
  expect(lastOf(ended)).toEqual({ by: null, kind: 'dismissed', note: null })
  const kinds = ended.body.history.map(({ kind }: Entry) => kind)
  const done = ['acknowledged', 'assigned', 'assigned', 'commented', 'resolved', 'dismissed']
  expect(kinds).toEqual(['fired', ...done])
  expect((await ask(venue, `GET ${one}`, { id })).body).toEqual(ended.body)
})

test('an instance is acknowledged without a body too, for its note may be left out', async () => {
  const venue = unique('v')
  const headers = { 'content-type': '' }
  const bare = await ask(venue, `POST ${one}/ack`, { id: await fired(venue), headers })
  expect([bare.status, lastOf(bare).note]).toEqual([200, null])
  const id = await fired(venue)
  expect((await ask(venue, `POST ${one}/comment`, { id, headers })).status).toBe(400)
  // What is said to be JSON and is empty is none.
  expect((await ask(venue, `POST ${one}/ack`, { id })).status).toBe(400)
})

test('what is not to be done in a state is a conflict that names it, and changes nothing', async () => {
  const venue = unique('v')
  const [recovering, acked, resolved] = [
    await fired(venue, { status: 'recovering' }),
    await fired(venue),
    await fired(venue),
  ]
  await act(venue, acked, 'ack')
  await act(venue, resolved, 'resolve')
  const table: [string, string, Record<Deed, number>][] = [
    ['acknowledged', acked, { ack: 409, assign: 200, comment: 200, resolve: 200 }],
    ['resolved', resolved, { ack: 409, assign: 409, comment: 200, resolve: 409 }],
    ['recovering', recovering, { ack: 200, assign: 200, comment: 200, resolve: 200 }],
  ]
  for (const [state, id, expected] of table) {
    for (const deed of deeds) {
      const before = (await ask(venue, `GET ${one}`, { id })).body
      const { status, body } = await act(venue, id, deed)
      expect([state, deed, status]).toEqual([state, deed, expected[deed]])
      if (status === 200) continue
      expect([body.code, body.detail]).toEqual(['conflict', expect.stringContaining(state)])
      expect((await ask(venue, `GET ${one}`, { id })).body).toEqual(before)
    }
  }
})

test('of a hundred who acknowledge at once one does, and the rest are told that it is done', async () => {
  const venue = unique('v')
  const id = await fired(venue)
  const answers = await Promise.all(Array.from({ length: 100 }, () => act(venue, id, 'ack')))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  expect(statuses.filter((status) => status === 409)).toHaveLength(99)
  const { history } = (await ask(venue, `GET ${one}`, { id })).body
  expect(history.filter(({ kind }: Entry) => kind === 'acknowledged')).toHaveLength(1)
})

test('the same request again gets the same answer by its key, and nothing is done twice', async () => {
  const venue = unique('v')
  const id = await fired(venue)
  for (const deed of ['ack', 'comment', 'resolve'] as const) {
    const headers = { 'idempotency-key': unique('k') }
    const first = await act(venue, id, deed, { headers })
    const second = await act(venue, id, deed, { headers })
    expect([first.status, second.body]).toEqual([200, first.body])
  }
  const { history } = (await ask(venue, `GET ${one}`, { id })).body
  const kinds = history.map(({ kind }: Entry) => kind)
  expect(kinds).toEqual(['fired', 'acknowledged', 'commented', 'resolved', 'dismissed'])
})

test('acknowledging and resolving end the escalation', async () => {
  const venue = unique('v')
  for (const deed of ['ack', 'resolve'] as const) {
    const id = await fired(venue)
    expect((await ask(venue, `GET ${one}`, { id })).body.nextStepAt).not.toBeNull()
    expect((await act(venue, id, deed)).body.nextStepAt).toBeNull()
  }
})

test('a group that is resolved while its condition holds is dismissed, of its alert alone', async () => {
  const venue = unique('v')
  const [alertId, other] = [await alertIn(venue), await alertIn(venue)]
  const labels = { event: 'a' }
  const id = await fire(venue, alertId, { labels })
  await fire(venue, alertId, { labels: { event: 'b' } })
  await fire(venue, other, { labels })
  const before = Date.now()
  await act(venue, id, 'resolve')
  const [dismissed, untouched] = await statesOf(venue, alertId)
  expect(dismissed).toMatchObject({ labels, status: 'dismissed', told: [], breaches: 3 })
  expect(dismissed?.since).toBeGreaterThanOrEqual(before - 1000)
  expect(Number.isInteger(dismissed?.since)).toBe(true)
  expect([untouched?.status, untouched?.told]).toEqual(['firing', ['condition']])
  expect((await statesOf(venue, other))[0]?.status).toBe('firing')
})

test('a group that is resolved while it recovers may fire again at once', async () => {
  const venue = unique('v')
  const alertId = await alertIn(venue)
  const id = await fire(venue, alertId, { labels: { event: 'a' }, status: 'recovering' })
  await act(venue, id, 'resolve')
  const [state] = await statesOf(venue, alertId)
  expect(state).toMatchObject({ status: 'inactive', told: [], breaches: 0 })
})

test('what an alert left behind that is gone can still be resolved', async () => {
  const venue = unique('v')
  const id = await fire(venue, nowhere, { labels: { event: 'a' } })
  expect((await act(venue, id, 'resolve')).body.state).toBe('resolved')
})

test('an alert that is resolved, disabled and evaluated at once ends in one way', async () => {
  const venue = unique('v')
  const alertId = await alertIn(venue)
  for (let i = 0; i < 10; i += 1) {
    const labels = { event: `e-${i}` }
    const id = await fire(venue, alertId, { labels })
    const caller = { venues: { [venue]: 'manager' as const } }
    const off = `POST /v1/venues/{venueId}/alerts/{alertId}/${i % 2 ? 'enable' : 'disable'}`
    const evaluated = withTenantJob(venue, async (tx) => {
      await tx`select from alerts where venue_id = ${venue} and alert_id = ${alertId}::text::uuid for update`
      await tx`update alert_states set state = state where venue_id = ${venue}`
      await tx`update alert_instances set trigger_count = trigger_count + 1 where venue_id = ${venue}`
    })
    const [resolved, { status }] = await Promise.all([
      act(venue, id, 'resolve'),
      request(alerts, off, { caller, params: { venueId: venue, alertId } }),
      evaluated,
    ])
    expect([status, [200, 409]]).toEqual([200, expect.arrayContaining([resolved.status])])
    const { history } = (await ask(venue, `GET ${one}`, { id })).body
    expect(history.filter(({ kind }: Entry) => kind === 'resolved')).toHaveLength(1)
  }
})

test('the list has the latest first, by state, alert and severity, page by page', async () => {
  const venue = unique('v')
  const alertId = await alertIn(venue)
  const ids: string[] = []
  for (let i = 0; i < 5; i += 1) ids.unshift(await fire(venue, alertId))
  const other = await fired(venue, { status: 'recovering' })
  await withTenant(
    venue,
    (tx) => tx`
      update alert_instances set severity = 'critical'
       where venue_id = ${venue} and instance_id = ${other}::text::uuid`,
  )
  await act(venue, ids[0] ?? '', 'ack')
  await act(venue, ids[1] ?? '', 'ack')
  await act(venue, ids[1] ?? '', 'resolve')
  const list = async (query: Record<string, string>) =>
    idsOf(await ask(venue, `GET ${base}`, { query }))
  expect(await list({})).toEqual([other, ...ids])
  expect(await list({ alertId })).toEqual(ids)
  expect(await list({ severity: 'critical' })).toEqual([other])
  expect(await list({ state: 'firing' })).toEqual(ids.slice(2))
  expect(await list({ state: 'acknowledged' })).toEqual([ids[0]])
  expect(await list({ state: 'recovering' })).toEqual([other])
  expect(await list({ state: 'resolved', alertId })).toEqual([ids[1]])
  expect((await ask(venue, `GET ${base}`, { query: { alertId: 'x' } })).status).toBe(400)
  const paged: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query = { limit: '4', ...(cursor && { cursor }) }
    const page = await ask(venue, `GET ${base}`, { query })
    paged.push(...idsOf(page))
    cursor = page.body.nextCursor
  }
  expect(paged).toEqual([other, ...ids])
})

test('what is said is refused by its field where it is nothing, too much or something else', async () => {
  const venue = unique('v')
  const id = await fired(venue)
  const wrong: [Deed, string, object][] = [
    ['ack', 'note', { note: '  ' }],
    ['ack', 'note', { note: 'x'.repeat(2001) }],
    ['ack', 'reason', { reason: 'x' }],
    ['assign', 'userId', {}],
    ['assign', 'userId', { userId: '' }],
    ['comment', 'text', {}],
    ['comment', 'text', { text: '\n' }],
    ['resolve', 'reason', {}],
    ['resolve', 'reason', { reason: '' }],
  ]
  for (const [deed, path, body] of wrong) {
    const answer = await act(venue, id, deed, { body })
    expect([deed, answer.status, answer.body.issues?.[0]?.path]).toEqual([deed, 400, path])
  }
  const said = await act(venue, id, 'comment', { body: { text: `  ${'x'.repeat(2000)}\n` } })
  expect(lastOf(said).note).toBe('x'.repeat(2000))
  expect(lastOf(await act(venue, id, 'ack', { body: {} })).note).toBeNull()
})

test('of a long history the latest thousand entries are told', async () => {
  const venue = unique('v')
  const id = await fired(venue)
  await withTenant(
    venue,
    (tx) => tx`
      insert into alert_history (venue_id, instance_id, kind, note)
      select ${venue}, ${id}::text::uuid, 'commented', n::text from generate_series(1, 1200) n`,
  )
  const { history } = (await ask(venue, `GET ${one}`, { id })).body
  expect([history.length, history[0].note, history[999].note]).toEqual([1000, '201', '1200'])
})

test('an instance of another venue is none, for every verb', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  const theirs = await fired(other)
  await remember(venue, await alertIn(venue), { event: 'x' }, 'firing')
  for (const id of [theirs, nowhere, 'x']) {
    expect((await ask(venue, `GET ${one}`, { id })).status).toBe(404)
    for (const deed of deeds) expect((await act(venue, id, deed)).status).toBe(404)
  }
  const { state, history } = (await ask(other, `GET ${one}`, { id: theirs })).body
  expect([state, history.length]).toEqual(['firing', 1])
})

test('a viewer reads what fired, and who manages the venue takes care of it', async () => {
  const venue = unique('v')
  const id = await fired(venue)
  for (const role of ['viewer', 'analyst'] as const) {
    expect((await ask(venue, `GET ${one}`, { id, role })).status).toBe(200)
    for (const deed of deeds) expect((await act(venue, id, deed, { role })).status).toBe(403)
  }
})
