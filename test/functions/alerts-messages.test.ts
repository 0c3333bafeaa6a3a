import { handler as instances } from '../../functions/http/alert-instances.ts'
import { handler as policies } from '../../functions/http/escalation-policies.ts'
import { handler as windows } from '../../functions/http/mute-windows.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import {
  addAlert,
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

ownNotifications()
afterAll(closeStores)

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
  await made(instances, venue, 'alert-instances/{instanceId}/ack', { note: 'I look' }, { instanceId: instance?.id }) // biome-ignore format: one line
  for (let minute = 12; minute < 40; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toHaveLength(2)
  expect((await historyOf(venue)).map(({ kind, byUser, note }) => [kind, byUser, note])).toEqual([
    ['fired', null, 'condition'],
    ['told', null, null],
    ['escalated', null, 'step 1'],
    ['escalated', null, 'step 2'],
    ['acknowledged', 'u-1', 'I look'],
  ])
  // Who was told that it fires is told that it is over: the third never was.
  for (let minute = 118; minute < 126; minute += 1) await tick(venue, minute)
  expect((await toldOf(venue)).slice(2)).toEqual(
    places.slice(0, 2).map((id) => ['alert-recovered', id]),
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
  for (let minute = 0; minute < 10; minute += 1) await tick(venue, minute)
  expect(await instancesOf(venue)).toMatchObject([{ status: 'firing', toldAt: null }])
  expect(await toldOf(venue)).toEqual([])
  await tick(venue, 10)
  expect(await toldOf(venue)).toEqual([['alert-firing', box]])
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
  const sink = await serveSink()
  try {
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
  } finally {
    sink.close()
  }
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

test('of one rule no second message comes within the interval of its policy', async () => {
  const venue = unique('v')
  const place = await addTarget(venue)
  const policy = await made(policies, venue, 'escalation-policies', {
    ...{ name: 'Calm', groupInterval: '15m' },
    steps: [{ after: '1h', contactPointIds: [place] }],
  })
  const query = { metric: 'tickets_sold', window: '10m', groupBy: ['event'] }
  await addAlert(venue, tooMany({ query, contactPointIds: [place], escalationPolicyId: policy.id }))
  await sold(venue, -1, 4, { event_ref: { event_id: 'a' } })
  await sold(venue, 1, 4, { event_ref: { event_id: 'b' } })
  for (let minute = 0; minute < 4; minute += 1) await tick(venue, minute)
  expect(await toldOf(venue)).toHaveLength(2)
  expect(await instancesOf(venue)).toHaveLength(2)
})
