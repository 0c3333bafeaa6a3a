import { handler as instances } from '../../functions/http/alert-instances.ts'
import { handler as alerts } from '../../functions/http/alerts.ts'
import { handler as windows } from '../../functions/http/mute-windows.ts'
import { readTenant } from '../../lib/clients/postgres.ts'
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
import { event, unique } from '../support/events.ts'
import { addTarget, ownNotifications, serveSink, work } from '../support/messages.ts'
import { call, closeStores, deliver } from '../support/service.ts'

ownNotifications()
afterAll(closeStores)

const manages = (venueId: string) => ({ caller: { venues: { [venueId]: 'manager' as const } } })

/** Calls a route on what a rule or an instance is, as a manager. */
async function ask(venueId: string, route: string, id: string, body?: object) {
  const [method = '', resource = '', verb] = route.split(' ')
  const [handler, name] = resource === 'alerts' ? [alerts, 'alertId'] : [instances, 'instanceId']
  const path = `/v1/venues/{venueId}/${resource}/{${name}}${verb ? `/${verb}` : ''}`
  const answer = await call(handler as typeof alerts, `${method} ${path}`, {
    ...manages(venueId),
    params: { venueId, [name]: id },
    headers: { 'if-match': '*', 'idempotency-key': unique('k') },
    body,
  })
  if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

const scan = (venueId: string, minute: number, result: 'ok' | 'error') =>
  event(venueId, 'ticket.scanned', {
    occurred_at: new Date(noon + minute * minuteMs).toISOString(),
    data: { scan_id: unique('s'), result, direction: 'entry', ...(result === 'error' && { reason: 'invalid' }) }, // biome-ignore format: one line
  })

const rejects = (more: object = {}) => ({
  name: 'Rejects',
  query: { metric: 'scans_rejected', per: 'scans_accepted', window: '2m' },
  condition: { op: 'gt', value: 0.1 },
  ...{ keepFiringFor: '0s', noData: { policy: 'alert', for: '1m' } },
  ...more,
})

const told = async (venueId: string) =>
  (await outboxOf(venueId)).map(({ template, value }) => [template, value])

const notesOf = async (venueId: string) =>
  (await historyOf(venueId)).map(({ kind, note }) => (note ? `${kind} ${note}` : kind))

test('an instance is told of once for each cause, and shows no number where there is none', async () => {
  const venue = unique('v')
  const box = await addTarget(venue)
  await addAlert(venue, rejects({ contactPointIds: [box] }))
  await deliver([scan(venue, 0, 'ok'), scan(venue, 0, 'error')])
  await tick(venue, 1)
  expect(await instancesOf(venue)).toMatchObject([{ cause: 'condition', value: 1 }])
  for (const minute of [3, 4, 5]) await tick(venue, minute)
  expect(await instancesOf(venue)).toMatchObject([{ cause: 'no_data', value: null }])
  await deliver([scan(venue, 5, 'ok'), scan(venue, 5, 'error')])
  await tick(venue, 6)
  await deliver([...Array(20)].map(() => scan(venue, 6, 'ok')))
  await tick(venue, 7)
  expect(await told(venue)).toEqual([
    ['alert-firing', '100 %'],
    ['alert-no-data', null],
    ['alert-recovered', '4.7619 %'],
  ])
  expect(await notesOf(venue)).toEqual([
    ...['fired condition', 'told', 'cause_changed no_data', 'told'],
    ...['cause_changed condition', 'recovering', 'resolved'],
  ])
  expect(await instancesOf(venue)).toMatchObject([{ status: 'resolved', cause: 'condition' }])
})

test('what fired for want of data is told when it turns out to breach, and stays that cause when it is over', async () => {
  const venue = unique('v')
  await addAlert(venue, rejects({ contactPointIds: [await addTarget(venue)] }))
  for (const minute of [0, 1]) await tick(venue, minute)
  await deliver([scan(venue, 1, 'ok'), scan(venue, 1, 'error')])
  await tick(venue, 2)
  expect(await told(venue)).toEqual([
    ['alert-no-data', null],
    ['alert-firing', '100 %'],
  ])
  const other = unique('v')
  await addAlert(other, rejects())
  for (const minute of [0, 1]) await tick(other, minute)
  await deliver([scan(other, 1, 'ok')])
  await tick(other, 2)
  expect(await instancesOf(other)).toMatchObject([{ status: 'resolved', cause: 'no_data' }])
})

test('of what somebody takes care of no other cause is told', async () => {
  const venue = unique('v')
  await addAlert(venue, rejects({ contactPointIds: [await addTarget(venue)] }))
  for (const minute of [0, 1]) await tick(venue, minute)
  const [instance] = await instancesOf(venue)
  await allSent(venue)
  await ask(venue, 'POST alert-instances ack', instance?.id ?? '', {})
  await deliver([scan(venue, 1, 'ok'), scan(venue, 1, 'error')])
  await tick(venue, 2)
  await deliver([...Array(20)].map(() => scan(venue, 2, 'ok')))
  await tick(venue, 3)
  expect((await told(venue)).map(([template]) => template)).toEqual([
    ...['alert-no-data', 'alert-recovered'],
  ])
  expect(await notesOf(venue)).toEqual([
    ...[
      'fired no_data',
      'told',
      'acknowledged',
      'cause_changed condition',
      'recovering',
      'resolved',
    ],
  ])
})

test('who was never told, for it was muted and then taken care of, is not told that it is over', async () => {
  const venue = unique('v')
  const query = { metric: 'tickets_sold', window: '5m' }
  const rule = tooMany({ query, keepFiringFor: '0s', contactPointIds: [await addTarget(venue)] })
  await addAlert(venue, rule)
  const window = { name: 'Now', tz: 'UTC', days: ['mon'], from: '16:00', to: '16:02' }
  await call(windows, 'POST /v1/venues/{venueId}/mute-windows', {
    ...manages(venue),
    params: { venueId: venue },
    headers: { 'idempotency-key': unique('k') },
    body: window,
  })
  await sold(venue, -1, 4)
  await tick(venue, 0)
  const [instance] = await instancesOf(venue)
  await ask(venue, 'POST alert-instances ack', instance?.id ?? '', {})
  for (const minute of [1, 2, 3, 4, 5]) await tick(venue, minute)
  expect(await instancesOf(venue)).toMatchObject([{ status: 'resolved', toldAt: null }])
  expect(await told(venue)).toEqual([])
})

test('what was resolved by hand is dismissed to see, until it was over once', async () => {
  const venue = unique('v')
  const query = { metric: 'tickets_sold', window: '3m' }
  const id = await addAlert(venue, tooMany({ query }))
  const stateOf = async () => (await ask(venue, 'GET alerts', id)).state
  await sold(venue, -1, 4)
  await tick(venue, 0)
  expect(await stateOf()).toBe('firing')
  const [instance] = await instancesOf(venue)
  await ask(venue, 'POST alert-instances resolve', instance?.id ?? '', { reason: 'A class' })
  await tick(venue, 1)
  expect(await stateOf()).toBe('dismissed')
  await tick(venue, 3)
  expect(await stateOf()).toBe('inactive')
  const { history, state } = await ask(venue, 'GET alert-instances', instance?.id ?? '')
  const kinds = history.map(({ kind }: { kind: string }) => kind)
  expect([state, ...kinds]).toEqual([
    'resolved',
    'fired',
    'told',
    'resolved',
    'dismissed',
    'released',
  ])
})

test('an open instance goes by what its rule is called since, a resolved one does not', async () => {
  const venue = unique('v')
  const query = { metric: 'tickets_sold', window: '3m', groupBy: ['event'] }
  const id = await addAlert(venue, tooMany({ query, keepFiringFor: '0s' }))
  await sold(venue, -1, 4, { event_ref: { event_id: 'first' } })
  await tick(venue, 0)
  await tick(venue, 2)
  await sold(venue, 2, 4, { event_ref: { event_id: 'second' } })
  await tick(venue, 3)
  await ask(venue, 'PATCH alerts', id, { name: 'A rush', severity: 'critical', condition: { op: 'gt', value: 2 } }) // biome-ignore format: one line
  await tick(venue, 4)
  const rows = await readTenant(
    venue,
    (tx) => tx`
      select status, name, severity, threshold from alert_instances
       where venue_id = ${venue} order by fired_at`,
  )
  expect([...rows]).toEqual([
    { status: 'resolved', name: 'Many tickets', severity: 'medium', threshold: '> 3' },
    { status: 'firing', name: 'A rush', severity: 'critical', threshold: '> 2' },
  ])
})

test('programs are told which instance, of which group, and the number itself', async () => {
  const venue = unique('v')
  const sink = await serveSink()
  try {
    const contactPointIds = [await addTarget(venue, sink.target())]
    const query = { metric: 'gross_revenue', window: '5m', groupBy: ['event'] }
    await addAlert(venue, tooMany({ query, contactPointIds, severity: 'critical' }))
    await sold(venue, -1, 2, { event_ref: { event_id: 'show-1' } })
    await tick(venue, 0)
    const [instance] = await instancesOf(venue)
    const labels = instance?.labels ?? {}
    await work(venue, ...(await outboxOf(venue)).map(({ id }) => id))
    expect(sink.got.map(({ body }) => body)).toMatchObject([
      {
        type: 'alert-firing',
        data: {
          ...{ instanceId: instance?.id, labels, currency: labels.currency },
          ...{ measured: instance?.value, compared: null, severity: 'critical' },
        },
      },
    ])
    expect(labels).toEqual({ event: 'show-1', currency: expect.any(String) })
  } finally {
    sink.close()
  }
})
