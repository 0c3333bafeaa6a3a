import { handler as instances } from '../../functions/http/alert-instances.ts'
import { handler as alerts } from '../../functions/http/alerts.ts'
import { handler as policies } from '../../functions/http/escalation-policies.ts'
import { handler as windows } from '../../functions/http/mute-windows.ts'
import { withTenant, withTenantJob } from '../../lib/clients/postgres.ts'
import {
  addAlert,
  allSent,
  historyOf,
  instancesOf,
  minuteMs,
  noon,
  outboxOf,
  sold,
  tick,
  tooMany,
} from '../support/alert-ticks.ts'
import { unique } from '../support/events.ts'
import { addTarget, ownNotifications, serveSink, work } from '../support/messages.ts'
import { call, closeStores } from '../support/service.ts'

let sink: Awaited<ReturnType<typeof serveSink>>
ownNotifications()

beforeAll(async () => {
  sink = await serveSink()
})
beforeEach(() => {
  sink.got.length = 0
})
afterAll(() => {
  sink.close()
  return closeStores()
})

type Handler = Parameters<typeof call>[0]

/** Makes something as a manager; returns it. */
async function made(handler: Handler, venueId: string, route: string, body: object, params = {}) {
  const answer = await call(handler, `POST /v1/venues/{venueId}/${route}`, {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId, ...params },
    headers: { 'idempotency-key': unique('k') },
    body,
  })
  if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

async function onAlert(
  venueId: string,
  method: 'PATCH' | 'DELETE',
  alertId: string,
  body?: object,
) {
  const answer = await call(alerts, `${method} /v1/venues/{venueId}/alerts/{alertId}`, {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId, alertId },
    headers: { 'if-match': '*' },
    body,
  })
  if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
}
const changed = (venueId: string, alertId: string, change: object) =>
  onAlert(venueId, 'PATCH', alertId, change)
const removed = (venueId: string, alertId: string) => onAlert(venueId, 'DELETE', alertId)

/** Has steps that are due by the clock of the day be due by that of the ticks. */
const dueNow = (venueId: string) =>
  withTenantJob(
    venueId,
    (tx) => tx`
      update alert_instances set next_step_at = ${iso(0)}::text::timestamptz
       where venue_id = ${venueId} and next_step_at > now() - interval '1 day'`,
  )

const toldOf = async (venueId: string) =>
  (await outboxOf(venueId)).map(({ template, contactPointId }) => [template, contactPointId])

const iso = (minute: number) => new Date(noon + minute * minuteMs).toISOString()

test('three steps at 0, 10 and 30 minutes: an acknowledgement at minute 12 ends them', async () => {
  const venue = unique('v')
  const places = [await addTarget(venue), await addTarget(venue), await addTarget(venue)]
  const policy = await made(policies, venue, 'escalation-policies', {
    name: 'The night',
    steps: places.map((id, i) => ({ after: `${[0, 10, 30][i]}m`, contactPointIds: [id] })),
  })
  const query = { metric: 'tickets_sold', window: '2h' }
  await addAlert(venue, tooMany({ query, escalationPolicyId: policy.id }))
  await sold(venue, -1, 4)
  for (let minute = 0; minute < 12; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toEqual([
    ['alert-firing', places[0]],
    ['alert-escalated', places[1]],
  ])
  const [instance] = await instancesOf(venue)
  await allSent(venue)
  await made(instances, venue, 'alert-instances/{instanceId}/ack', { note: 'I look' }, { instanceId: instance?.id }) // biome-ignore format: one line
  for (let minute = 12; minute < 40; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toHaveLength(2)
  expect((await historyOf(venue)).map(({ kind, byUser, note }) => [kind, byUser, note])).toEqual([
    ['fired', null, 'condition'],
    ['escalated', null, 'step 1'],
    ['escalated', null, 'step 2'],
    ['acknowledged', 'u-1', 'I look'],
  ])
  // Who was told that it fires is told that it is over: the third never was.
  for (let minute = 118; minute < 126; minute += 1) await tick(venue, minute)
  expect((await toldOf(venue)).slice(2).sort()).toEqual(
    places
      .slice(0, 2)
      .sort()
      .map((id) => ['alert-recovered', id]),
  )
}, 60_000)

test('a policy repeats what nobody acknowledges', async () => {
  const venue = unique('v')
  const place = await addTarget(venue)
  const policy = await made(policies, venue, 'escalation-policies', {
    name: 'Loud',
    steps: [{ after: '0s', contactPointIds: [place] }],
    repeatEvery: '10m',
  })
  const query = { metric: 'tickets_sold', window: '2h' }
  await addAlert(venue, tooMany({ query, escalationPolicyId: policy.id }))
  await sold(venue, -1, 4)
  for (let minute = 0; minute <= 35; minute += 1) await tick(venue, minute)
  expect((await toldOf(venue)).map(([template]) => template)).toEqual([
    'alert-firing',
    'alert-escalated',
    'alert-escalated',
    'alert-escalated',
  ])
}, 60_000)

test('what fires in a silence is told at its end, if it still fires', async () => {
  const venue = unique('v')
  const box = await addTarget(venue)
  const query = { metric: 'tickets_sold', window: '30m' }
  const alertId = await addAlert(venue, tooMany({ query, contactPointIds: [box] }))
  const matchers = [{ name: 'alertId', op: 'eq', value: alertId }]
  // Of a time that is over: the route takes none.
  await withTenant(
    venue,
    (tx) => tx`
      insert into silences (venue_id, once_id, created_by, matchers, comment, starts_at, ends_at)
      values (${venue}, 'k', 'u-1', ${JSON.stringify(matchers)}::text::jsonb, 'We know',
              ${iso(-60)}::text::timestamptz, ${iso(10)}::text::timestamptz)`,
  )
  await sold(venue, -1, 4)
  for (let minute = 0; minute < 5; minute += 1) await tick(venue, minute)
  const named = await addTarget(venue)
  await changed(venue, alertId, { contactPointIds: [box, named] })
  for (let minute = 5; minute < 10; minute += 1) await tick(venue, minute)
  expect(await instancesOf(venue)).toMatchObject([{ status: 'firing', toldAt: null }])
  expect(await toldOf(venue)).toEqual([])
  for (let minute = 10; minute < 13; minute += 1) await tick(venue, minute)
  expect((await toldOf(venue)).sort()).toEqual([['alert-firing', box], ['alert-firing', named]].sort()) // biome-ignore format: one line
  expect((await historyOf(venue)).map(({ kind }) => kind)).toEqual(['fired', 'muted', 'told'])
})

test('what was told before a mute window is told to be over within it, what was not is not', async () => {
  const venue = unique('v')
  const box = await addTarget(venue)
  const query = { metric: 'tickets_sold', window: '10m', groupBy: ['event'] }
  await addAlert(venue, tooMany({ query, contactPointIds: [box], keepFiringFor: '0s' }))
  await made(windows, venue, 'mute-windows', {
    ...{ name: 'The show', tz: 'UTC', days: ['mon'], from: '16:05', to: '17:00' },
  })
  await sold(venue, -1, 4, { event_ref: { event_id: 'early' } })
  await sold(venue, 4, 4, { event_ref: { event_id: 'late' } })
  for (let minute = 0; minute < 30; minute += 1) await tick(venue, minute)
  expect(await instancesOf(venue)).toMatchObject([{ status: 'resolved' }, { status: 'resolved' }])
  expect((await outboxOf(venue)).map(({ template, name }) => [template, name])).toEqual([
    ['alert-firing', 'Many tickets (event early)'],
    ['alert-recovered', 'Many tickets (event early)'],
  ])
}, 60_000)

test('20 instances at once come as one message, also critical ones', async () => {
  const venue = unique('v')
  const box = await addTarget(venue, sink.target())
  const query = { metric: 'tickets_sold', window: '10m', groupBy: ['event'] }
  await addAlert(venue, tooMany({ query, contactPointIds: [box], severity: 'critical' }))
  for (let i = 0; i < 20; i += 1) {
    await sold(venue, -1, 4, { event_ref: { event_id: `show-${i}` } })
  }
  await tick(venue, 0)
  const ids = (await outboxOf(venue)).map(({ id }) => id)
  expect(ids).toHaveLength(20)
  for (let i = 0; i < 20; i += 10) await work(venue, ...ids.slice(i, i + 10))
  expect(sink.got).toHaveLength(1)
  expect(JSON.stringify(sink.got[0]?.body)).toContain('Many tickets (event show-19)')
})

test('a rule that somebody resolved by hand fires again only after it was over', async () => {
  const venue = unique('v')
  const query = { metric: 'tickets_sold', window: '10m' }
  await addAlert(venue, tooMany({ query, keepFiringFor: '0s' }))
  await sold(venue, -1, 4)
  await tick(venue, 0)
  const [first] = await instancesOf(venue)
  await made(instances, venue, 'alert-instances/{instanceId}/resolve', { reason: 'A school class' }, { instanceId: first?.id }) // biome-ignore format: one line
  for (let minute = 1; minute < 15; minute += 1) await tick(venue, minute)
  expect(await instancesOf(venue)).toMatchObject([{ status: 'resolved', triggerCount: 1 }])
  await sold(venue, 14, 4)
  await tick(venue, 15)
  expect(await instancesOf(venue)).toMatchObject([{ status: 'resolved' }, { status: 'firing' }])
})

test.each([
  ['its own contact points', true],
  ['a policy alone', false],
])('of one rule no second message comes within the interval: by %s', async (_by, isOwn) => {
  const venue = unique('v')
  const place = await addTarget(venue)
  const policy = await made(policies, venue, 'escalation-policies', {
    ...{ name: 'Calm', groupInterval: '3m' },
    steps: [{ after: isOwn ? '1h' : '0s', contactPointIds: [place] }],
  })
  const query = { metric: 'tickets_sold', window: '30m', groupBy: ['event'] }
  const contactPointIds = isOwn ? [place] : []
  await addAlert(venue, tooMany({ query, contactPointIds, escalationPolicyId: policy.id }))
  const told: string[][] = []
  for (let minute = 0; minute < 8; minute += 1) {
    const before = (await outboxOf(venue)).map(({ id }) => id)
    await sold(venue, minute - 1, 4, { event_ref: { event_id: `show-${minute}` } })
    await tick(venue, minute)
    const after = (await outboxOf(venue)).filter(({ id }) => !before.includes(id))
    told.push(after.map(({ name }) => name.replace(/\D/g, '')).sort())
  }
  expect(told).toEqual([['0'], [], [], ['1', '2', '3'], [], [], ['4', '5', '6'], []])
  const begun = (await outboxOf(venue)).map(({ name, at }) => `${name.replace(/\D/g, '')} ${at}`)
  expect(begun.sort()).toEqual([0, 1, 2, 3, 4, 5, 6].map((minute) => `${minute} ${iso(minute)}`))
  const kinds = (await historyOf(venue)).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === (isOwn ? 'told' : 'escalated'))).toHaveLength(7)
  const untold = (await instancesOf(venue)).filter(({ toldAt }) => toldAt === null)
  expect(untold.map(({ labels }) => labels)).toEqual([{ event: 'show-7' }])
})

test('what is over before its interval is told to nobody', async () => {
  const venue = unique('v')
  const place = await addTarget(venue)
  const policy = await made(policies, venue, 'escalation-policies', {
    ...{ name: 'Calm', groupInterval: '1h' },
    steps: [{ after: '1h', contactPointIds: [place] }],
  })
  const query = { metric: 'tickets_sold', window: '3m', groupBy: ['event'] }
  const follows = { contactPointIds: [place], escalationPolicyId: policy.id, keepFiringFor: '0s' }
  await addAlert(venue, tooMany({ query, ...follows }))
  await sold(venue, -1, 4, { event_ref: { event_id: 'a' } })
  await sold(venue, 1, 4, { event_ref: { event_id: 'b' } })
  for (let minute = 0; minute < 70; minute += 1) await tick(venue, minute)
  expect((await outboxOf(venue)).map(({ template, name }) => [template, name])).toEqual([
    ['alert-firing', 'Many tickets (event a)'],
    ['alert-recovered', 'Many tickets (event a)'],
  ])
}, 60_000)

test('who was told is told that it is over, whomever the rule names by then', async () => {
  const venue = unique('v')
  const [first, second] = [await addTarget(venue), await addTarget(venue)]
  const query = { metric: 'tickets_sold', window: '5m' }
  const id = await addAlert(
    venue,
    tooMany({ query, keepFiringFor: '0s', contactPointIds: [first] }),
  )
  await sold(venue, -1, 4)
  await tick(venue, 0)
  await changed(venue, id, { contactPointIds: [] })
  await tick(venue, 1)
  await changed(venue, id, { contactPointIds: [second] })
  for (let minute = 2; minute < 6; minute += 1) await tick(venue, minute)
  const both = [first, second].sort()
  expect((await toldOf(venue)).slice(0, 2)).toEqual([
    ['alert-firing', first],
    ['alert-firing', second],
  ])
  expect((await toldOf(venue)).slice(2)).toEqual(both.map((place) => ['alert-recovered', place]))
})

test('a policy that comes while an alert fires begins then, and one that goes repeats nothing', async () => {
  const venue = unique('v')
  const [first, second] = [await addTarget(venue), await addTarget(venue)]
  const policyOf = async (place: string, repeatEvery: string | null) =>
    (
      await made(policies, venue, 'escalation-policies', {
        ...{ name: 'P', repeatEvery, steps: [{ after: '0s', contactPointIds: [place] }] },
      })
    ).id
  const query = { metric: 'tickets_sold', window: '1h' }
  const id = await addAlert(venue, tooMany({ query }))
  await sold(venue, -1, 4)
  await tick(venue, 0)
  expect(await toldOf(venue)).toEqual([])
  await changed(venue, id, { escalationPolicyId: await policyOf(first, '5m') })
  await dueNow(venue)
  for (let minute = 1; minute < 10; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toEqual([
    ['alert-firing', first],
    ['alert-escalated', first],
  ])
  await changed(venue, id, { escalationPolicyId: await policyOf(second, null) })
  await dueNow(venue)
  await tick(venue, 10)
  expect((await toldOf(venue)).slice(2)).toEqual([['alert-firing', second]])
  for (let minute = 11; minute < 20; minute += 1) await tick(venue, minute)
  expect((await toldOf(venue)).slice(2)).toEqual([['alert-firing', second]])
})

test.each([
  ['resolved by hand', 'A school class'],
  ['disabled', 'The alert was disabled'],
  ['deleted', 'The alert was deleted'],
  ['changed', 'The alert was changed'],
])('who was told hears why it is over when it is %s', async (deed, reason) => {
  const venue = unique('v')
  const query = { metric: 'gross_revenue', window: '1h' }
  const contactPointIds = [await addTarget(venue, sink.target())]
  const id = await addAlert(venue, tooMany({ query, contactPointIds, severity: 'critical' }))
  await sold(venue, -1, 4)
  await tick(venue, 0)
  const [instance] = await instancesOf(venue)
  const instanceId = instance?.id ?? ''
  if (deed === 'resolved by hand') {
    await made(instances, venue, 'alert-instances/{instanceId}/resolve', { reason }, { instanceId })
  }
  if (deed === 'disabled')
    await made(alerts, venue, 'alerts/{alertId}/disable', {}, { alertId: id })
  if (deed === 'deleted') await removed(venue, id)
  if (deed === 'changed') await changed(venue, id, { query: { ...query, currency: 'USD' } })
  await tick(venue, 1)
  const ids = (await outboxOf(venue)).map((one) => one.id)
  await work(venue, ...ids)
  const told = sink.got.flatMap(({ body }) =>
    body.type === 'messages' ? (body.data.messages as object[]) : [body],
  )
  expect(told.slice(0, 2)).toMatchObject([{ type: 'alert-firing' }, { type: 'alert-resolved' }])
  expect(told[1]).toMatchObject({
    type: 'alert-resolved',
    data: { reason, instanceId, labels: instance?.labels, name: expect.stringContaining('Many') },
  })
  const firing = (await outboxOf(venue)).filter(({ template }) => template === 'alert-firing')
  expect(firing).toHaveLength(deed === 'changed' ? 2 : 1)
})

test('what was dismissed is so still when its alert is disabled and enabled again', async () => {
  const venue = unique('v')
  const query = { metric: 'tickets_sold', window: '1h' }
  const id = await addAlert(venue, tooMany({ query }))
  await sold(venue, -1, 4)
  await tick(venue, 0)
  const [instance] = await instancesOf(venue)
  await made(instances, venue, 'alert-instances/{instanceId}/resolve', { reason: 'x' }, { instanceId: instance?.id ?? '' }) // biome-ignore format: one line
  await made(alerts, venue, 'alerts/{alertId}/disable', {}, { alertId: id })
  await tick(venue, 1)
  await made(alerts, venue, 'alerts/{alertId}/enable', {}, { alertId: id })
  await tick(venue, 2)
  expect(await instancesOf(venue)).toMatchObject([{ status: 'resolved' }])
})

test('what waited for its interval is told by the first step as well, at the same minute', async () => {
  const venue = unique('v')
  const [own, other] = [await addTarget(venue), await addTarget(venue)]
  const policy = await made(policies, venue, 'escalation-policies', {
    ...{ name: 'Calm', groupInterval: '3m' },
    steps: [{ after: '0s', contactPointIds: [other] }],
  })
  const query = { metric: 'tickets_sold', window: '30m', groupBy: ['event'] }
  await addAlert(venue, tooMany({ query, contactPointIds: [own], escalationPolicyId: policy.id }))
  await sold(venue, -1, 4, { event_ref: { event_id: 'a' } })
  await tick(venue, 0)
  await sold(venue, 0, 4, { event_ref: { event_id: 'b' } })
  for (let minute = 1; minute < 3; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toHaveLength(2)
  await tick(venue, 3)
  expect((await toldOf(venue)).slice(2).sort()).toEqual([
    ['alert-escalated', other],
    ['alert-firing', own],
  ])
})

test('a new contact point is told at the next minute, and the steps go on as they were', async () => {
  const venue = unique('v')
  const [first, second, added] = [await addTarget(venue), await addTarget(venue), await addTarget(venue)] // biome-ignore format: one line
  const policy = await made(policies, venue, 'escalation-policies', {
    name: 'Steps',
    steps: [
      { after: '0s', contactPointIds: [first] },
      { after: '5m', contactPointIds: [second] },
    ],
  })
  const query = { metric: 'tickets_sold', window: '1h' }
  const id = await addAlert(venue, tooMany({ query, escalationPolicyId: policy.id }))
  await sold(venue, -1, 4)
  for (let minute = 0; minute < 3; minute += 1) await tick(venue, minute)
  await changed(venue, id, { contactPointIds: [added] })
  await tick(venue, 3)
  expect(await toldOf(venue)).toEqual([
    ['alert-firing', first],
    ['alert-firing', added],
  ])
  for (let minute = 4; minute < 10; minute += 1) await tick(venue, minute)
  expect((await toldOf(venue)).slice(2)).toEqual([['alert-escalated', second]])
  const kinds = (await historyOf(venue)).map(({ kind, note }) => `${kind} ${note}`)
  expect(kinds).toEqual([
    ...['fired condition', 'escalated step 1', 'told null', 'escalated step 2'],
  ])
})

test('who a rule names instead of a policy that has not begun is told at the next minute', async () => {
  const venue = unique('v')
  const [step, own] = [await addTarget(venue), await addTarget(venue)]
  const policy = await made(policies, venue, 'escalation-policies', {
    name: 'Later',
    steps: [{ after: '30m', contactPointIds: [step] }],
  })
  const query = { metric: 'tickets_sold', window: '1h' }
  const id = await addAlert(venue, tooMany({ query, escalationPolicyId: policy.id }))
  await sold(venue, -1, 4)
  for (let minute = 0; minute < 2; minute += 1) await tick(venue, minute)
  expect(await instancesOf(venue)).toMatchObject([{ status: 'firing', toldAt: null }])
  await changed(venue, id, { contactPointIds: [own], escalationPolicyId: null })
  for (let minute = 2; minute < 40; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toEqual([['alert-firing', own]])
  expect((await historyOf(venue)).map(({ kind }) => kind)).toEqual(['fired', 'told'])
})

test('who is named by an alert and by a step without a delay is told once', async () => {
  const venue = unique('v')
  const [both, other] = [await addTarget(venue), await addTarget(venue)]
  const policy = await made(policies, venue, 'escalation-policies', {
    name: 'At once',
    steps: [{ after: '0s', contactPointIds: [both, other] }],
  })
  const query = { metric: 'tickets_sold', window: '1h' }
  await addAlert(venue, tooMany({ query, contactPointIds: [both], escalationPolicyId: policy.id }))
  await sold(venue, -1, 4)
  for (let minute = 0; minute < 3; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toEqual([
    ['alert-firing', both],
    ['alert-escalated', other],
  ])
})

test('a policy that is changed while an alert fires goes on by what it says now', async () => {
  const venue = unique('v')
  const [first, second] = [await addTarget(venue), await addTarget(venue)]
  const stepsAt = (...after: string[]) =>
    [first, second].map((id, i) => ({ after: after[i], contactPointIds: [id] }))
  const policy = await made(policies, venue, 'escalation-policies', {
    ...{ name: 'Steps', steps: stepsAt('0s', '30m') },
  })
  const query = { metric: 'tickets_sold', window: '1h' }
  await addAlert(venue, tooMany({ query, escalationPolicyId: policy.id }))
  await sold(venue, -1, 4)
  for (let minute = 0; minute < 2; minute += 1) await tick(venue, minute)
  const answer = await call(policies, 'PATCH /v1/venues/{venueId}/escalation-policies/{policyId}', {
    caller: { venues: { [venue]: 'manager' } },
    params: { venueId: venue, policyId: policy.id },
    headers: { 'if-match': '*' },
    body: { steps: stepsAt('0s', '4m') },
  })
  expect(answer.status).toBe(200)
  for (let minute = 2; minute < 4; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toEqual([['alert-firing', first]])
  await tick(venue, 4)
  expect((await toldOf(venue)).slice(1)).toEqual([['alert-escalated', second]])
})

test('who takes care withdraws what has not gone, and whom it did not reach hears no end', async () => {
  const venue = unique('v')
  const query = { metric: 'tickets_sold', window: '3m' }
  const contactPointIds = [await addTarget(venue, sink.target())]
  await addAlert(venue, tooMany({ query, contactPointIds, keepFiringFor: '0s' }))
  await sold(venue, -1, 4)
  await tick(venue, 0)
  const [instance] = await instancesOf(venue)
  await made(instances, venue, 'alert-instances/{instanceId}/ack', {}, { instanceId: instance?.id ?? '' }) // biome-ignore format: one line
  for (let minute = 1; minute < 5; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toEqual([['alert-firing', contactPointIds[0]]])
  await work(venue, ...(await outboxOf(venue)).map((one) => one.id))
  expect(sink.got).toEqual([])
})
