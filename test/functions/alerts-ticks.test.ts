import type { SQSBatchResponse } from 'aws-lambda'
import { handler as evaluateAlerts } from '../../functions/queue/evaluate-alerts.ts'
import { addPolicy } from '../../lib/alerts/policies.ts'
import { NewPolicy } from '../../lib/alerts/policy-schema.ts'
import { lockAlert, updateAlert } from '../../lib/alerts/rule-store.ts'
import { observeStatements, readTenant, withTenant } from '../../lib/clients/postgres.ts'
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
import { delivery, event, paid, unique } from '../support/events.ts'
import { addTarget, ownNotifications } from '../support/messages.ts'
import { closeStores, context, deliver } from '../support/service.ts'

ownNotifications()
afterAll(closeStores)

const kindsOf = async (venueId: string) => (await outboxOf(venueId)).map(({ template }) => template)

/** Puts back the time at which anything was last recorded of a venue. */
const lastRecorded = (venueId: string, at: number) =>
  withTenant(
    venueId,
    (tx) => tx`
      update venues set last_recorded_at = ${new Date(at).toISOString()}::text::timestamptz
       where venue_id = ${venueId}`,
  )

const healthOf = async (venueId: string) =>
  Object.fromEntries(
    (
      await readTenant(
        venueId,
        (tx) => tx<{ name: string; health: string }[]>`
          select name, health from alerts where venue_id = ${venueId}`,
      )
    ).map(({ name, health }) => [name, health]),
  )

/** A venue with a contact point. */
async function venueWithBox() {
  const venue = unique('v')
  return { venue, box: await addTarget(venue) }
}

test('60 ticks above the threshold are one instance, 60 triggers and one message', async () => {
  const { venue, box } = await venueWithBox()
  const alertId = await addAlert(
    venue,
    tooMany({ query: { metric: 'tickets_sold', window: '2h' }, contactPointIds: [box] }),
  )
  await sold(venue, -1, 4)
  for (let minute = 0; minute < 60; minute += 1) expect(await tick(venue, minute)).toEqual([])
  expect(await instancesOf(venue)).toMatchObject([
    { alertId, labels: {}, status: 'firing', cause: 'condition', value: 4, triggerCount: 60 },
  ])
  expect(await outboxOf(venue)).toMatchObject([
    { template: 'alert-firing', name: 'Many tickets', value: '4', contactPointId: box },
  ])
  expect((await historyOf(venue)).map(({ kind }) => kind)).toEqual(['fired', 'told'])
}, 60_000)

test('60 ticks of a number that goes up and down each minute are one alert and one recovery', async () => {
  const { venue, box } = await venueWithBox()
  const query = { metric: 'tickets_sold', window: '1m' }
  await addAlert(venue, tooMany({ query, contactPointIds: [box] }))
  for (let minute = 0; minute < 60; minute += 2) await sold(venue, minute - 1, 4)
  for (let minute = 0; minute < 70; minute += 1) await tick(venue, minute)
  const [instance, ...others] = await instancesOf(venue)
  expect(others).toEqual([])
  expect(instance).toMatchObject({ status: 'resolved', minutes: 0, triggerCount: 30 })
  expect(await kindsOf(venue)).toEqual(['alert-firing', 'alert-recovered'])
}, 60_000)

test('100 evaluations of one tick at once are one instance and one message', async () => {
  const { venue, box } = await venueWithBox()
  await addAlert(venue, tooMany({ contactPointIds: [box] }))
  await sold(venue, -1, 4)
  const failed = await Promise.all(Array.from({ length: 100 }, () => tick(venue, 0)))
  // What the pool has no turn for is done again, as the queue would have it.
  if (failed.flat().length > 0) expect(await tick(venue, 0)).toEqual([])
  expect(await instancesOf(venue)).toMatchObject([{ triggerCount: 1 }])
  expect(await kindsOf(venue)).toEqual(['alert-firing'])
}, 60_000)

test('a tick that is not later than the last is left out', async () => {
  const { venue } = await venueWithBox()
  await addAlert(venue, tooMany())
  await sold(venue, -1, 4)
  await tick(venue, 5)
  await tick(venue, 4)
  await tick(venue, 5)
  expect(await instancesOf(venue)).toMatchObject([{ minutes: 5, triggerCount: 1 }])
})

test('each group fires and recovers by itself, and 20 at once have one key of a group', async () => {
  const { venue, box } = await venueWithBox()
  const query = { metric: 'tickets_sold', window: '10m', groupBy: ['event'] }
  await addAlert(venue, tooMany({ query, contactPointIds: [box], keepFiringFor: '0s' }))
  const shows = Array.from({ length: 20 }, (_, i) => `show-${String(i).padStart(2, '0')}`)
  for (const show of shows) await sold(venue, -5, 4, { event_ref: { event_id: show } })
  await sold(venue, 2, 4, { event_ref: { event_id: 'show-07' } })
  await tick(venue, 0)
  expect((await instancesOf(venue)).map(({ labels }) => labels.event)).toEqual(shows)
  await tick(venue, 8)
  const open = (await instancesOf(venue)).filter(({ status }) => status !== 'resolved')
  expect(open.map(({ labels }) => labels)).toEqual([{ event: 'show-07' }])
  const messages = await outboxOf(venue)
  expect(messages).toHaveLength(20 + 19)
  expect(messages[0]?.name).toBe('Many tickets (event show-00)')
})

test('a change against the week before needs a base to be a change', async () => {
  const { venue } = await venueWithBox()
  const week = -7 * 24 * 60
  const condition = { op: 'change_pct_gt', value: 50, compare: 'same_weekday' }
  await addAlert(venue, tooMany({ condition, keepFiringFor: '0s' }))
  await sold(venue, -1, 4)
  await tick(venue, 0)
  expect(await instancesOf(venue)).toEqual([])
  await sold(venue, week - 1, 2)
  await tick(venue, 1)
  expect(await instancesOf(venue)).toMatchObject([{ status: 'firing', value: 4 }])
})

test('a share of two metrics is watched, and nothing to divide by is no data', async () => {
  const { venue } = await venueWithBox()
  const query = { metric: 'scans_rejected', per: 'scans_accepted', window: '10m' }
  await addAlert(venue, { name: 'Rejects', query, condition: { op: 'gt', value: 0.1 } })
  await tick(venue, 0)
  expect(await instancesOf(venue)).toEqual([])
  const scan = (result: string) =>
    event(venue, 'ticket.scanned', {
      occurred_at: new Date(noon).toISOString(),
      data: { scan_id: unique('s'), result, direction: 'entry', ...(result === 'error' && { reason: 'invalid' }) }, // biome-ignore format: one line
    })
  await deliver([scan('ok'), scan('ok'), scan('error')])
  await tick(venue, 1)
  expect(await instancesOf(venue)).toMatchObject([{ cause: 'condition', value: 0.5 }])
})

test('money for each order is a number for each currency, also where none is the venue’s own', async () => {
  const { venue } = await venueWithBox()
  const query = { metric: 'gross_revenue', per: 'orders', window: '10m' }
  const perOrder = { name: 'Per order', query, condition: { op: 'gt', value: 1 } }
  await addAlert(venue, perOrder)
  await addAlert(venue, { ...perOrder, query: { ...query, groupBy: ['event'] } })
  await tick(venue, -2)
  const sells = (currency: string, show: string, price: number) =>
    deliver(
      paid(
        venue,
        {
          occurred_at: new Date(noon - minuteMs).toISOString(),
          event_ref: { event_id: show },
          data: { currency },
        },
        { quantity: 1, unit_price_minor: price },
      ),
    )
  await sells('EUR', 'a', 700)
  await sells('EUR', 'b', 900)
  await sells('JPY', 'b', 50)
  await tick(venue, 0)
  const found = (await instancesOf(venue)).map(({ labels, value }) => [labels, value])
  expect(found).toHaveLength(5)
  expect(found).toEqual(
    expect.arrayContaining([
      [{ currency: 'EUR' }, 800],
      [{ currency: 'JPY' }, 50],
      [{ event: 'a', currency: 'EUR' }, 700],
      [{ event: 'b', currency: 'EUR' }, 900],
      [{ event: 'b', currency: 'JPY' }, 50],
    ]),
  )
})

test('a silent gate fires though it is no longer in the answer', async () => {
  const { venue } = await venueWithBox()
  const query = { metric: 'tickets_sold', window: '5m', groupBy: ['channel'] }
  await addAlert(venue, { name: 'Silent', query, condition: { op: 'absent' } })
  await sold(venue, -1, 1)
  await tick(venue, 0)
  expect(await instancesOf(venue)).toEqual([])
  await tick(venue, 10)
  expect(await instancesOf(venue)).toMatchObject([{ labels: { channel: 'online' }, minutes: 10 }])
})

test('when ingestion stops, one alert tells of the data and none of the business', async () => {
  const { venue, box } = await venueWithBox()
  const from = Date.now() - 40 * minuteMs
  const contactPointIds = [box]
  await addAlert(venue, {
    name: 'Few tickets',
    ...{ query: { metric: 'tickets_sold', window: '15m' }, for: '5m', contactPointIds },
    ...{ condition: { op: 'lt', value: 1 }, keepFiringFor: '0s' },
  })
  const stale = await addAlert(venue, {
    name: 'Nothing comes',
    ...{ query: { metric: 'data_age_seconds', window: '1m' }, contactPointIds },
    ...{ condition: { op: 'gt', value: 300 }, keepFiringFor: '0s' },
  })
  await deliver(paid(venue, { occurred_at: new Date(from).toISOString() }))
  await lastRecorded(venue, from)
  for (let minute = 1; minute < 40; minute += 1) await tick(venue, minute, from)
  expect(await instancesOf(venue)).toMatchObject([
    { alertId: stale, status: 'firing', triggerCount: 34 },
  ])
  expect(await healthOf(venue)).toEqual({ 'Few tickets': 'stale', 'Nothing comes': 'ok' })

  await deliver(paid(venue, { occurred_at: new Date().toISOString() }))
  await tick(venue, 41, from)
  expect(await instancesOf(venue)).toMatchObject([{ alertId: stale, status: 'resolved' }])
  expect(await healthOf(venue)).toEqual({ 'Few tickets': 'ok', 'Nothing comes': 'ok' })
  expect(await kindsOf(venue)).toEqual(['alert-firing', 'alert-recovered'])
}, 60_000)

test('a rule that data are fresh holds nothing back, and stale data hold back steps as well', async () => {
  const { venue, box } = await venueWithBox()
  const from = Date.now() - 40 * minuteMs
  const policy = NewPolicy.parse({
    name: 'Steps',
    steps: ['0s', '5m', '20m'].map((after) => ({ after, contactPointIds: [box] })),
  })
  const escalationPolicyId = (
    await addPolicy(venue, { userId: 'u-1', wish: policy, onceId: unique('k') })
  ).policy.id
  await addAlert(
    venue,
    tooMany({ query: { metric: 'tickets_sold', window: '1h' }, escalationPolicyId }),
  )
  const age = { query: { metric: 'data_age_seconds', window: '1m' } }
  await addAlert(venue, { name: 'Fresh', ...age, condition: { op: 'lt', value: 100_000 } })
  await addAlert(venue, { name: 'Old', ...age, condition: { op: 'gt', value: 600 } })
  await sold(venue, (from - noon) / minuteMs, 4)
  await lastRecorded(venue, from)
  for (let minute = 1; minute < 30; minute += 1) await tick(venue, minute, from)
  // The first at once and the second five minutes later; the third was due when the data were old.
  expect(await kindsOf(venue)).toEqual(['alert-firing', 'alert-escalated'])
  expect(await healthOf(venue)).toEqual({ 'Many tickets': 'stale', Fresh: 'ok', Old: 'ok' })
  await lastRecorded(venue, from + 30 * minuteMs)
  await tick(venue, 31, from)
  expect(await kindsOf(venue)).toEqual(['alert-firing', 'alert-escalated', 'alert-escalated'])
}, 60_000)

test('the same question is asked once, however many rules ask it', async () => {
  const counted = async (rules: number) => {
    const { venue, box } = await venueWithBox()
    for (let i = 0; i < rules; i += 1) {
      const condition = { op: 'gt', value: 100 + i }
      await addAlert(venue, tooMany({ name: `Rule ${i}`, condition, contactPointIds: [box] }))
    }
    await sold(venue, -1, 4)
    await tick(venue, 0)
    let statements = 0
    const stop = observeStatements(() => {
      statements += 1
    })
    await tick(venue, 1)
    stop()
    return statements
  }
  const few = await counted(1)
  expect(await counted(20)).toBe(few)
  expect(few).toBeLessThanOrEqual(25)
}, 60_000)

test('a rule that is renamed while its tick runs is judged at that tick, by its new name', async () => {
  const { venue, box } = await venueWithBox()
  const id = await addAlert(venue, tooMany({ contactPointIds: [box] }))
  await sold(venue, -1, 4)
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const stop = observeStatements((statement) => {
    if (/insert into alert_ticks/.test(statement)) ask()
  })
  const ticked = await withTenant(venue, async (tx) => {
    const found = await lockAlert(tx, venue, id)
    if (!found) throw new Error('there is none')
    await updateAlert(tx, venue, id, { ...found.rule, name: 'New name', severity: 'critical' })
    const running = tick(venue, 0)
    await asked
    return { running }
  })
  stop()
  expect(await ticked.running).toEqual([])
  expect(await instancesOf(venue)).toMatchObject([{ status: 'firing', triggerCount: 1 }])
  expect(await outboxOf(venue)).toMatchObject([{ name: 'New name', severity: 'critical' }])
})

test('a message that names no venue or no minute is dropped, and holds up nobody beside it', async () => {
  const { venue } = await venueWithBox()
  await addAlert(venue, tooMany())
  await sold(venue, -1, 4)
  const good = { venueId: venue, tick: new Date(noon).toISOString() }
  const bodies = ['nonsense', 'null', { venueId: venue }, { ...good, tick: 'noon' }, good, good]
  const answer = (await evaluateAlerts(delivery(...bodies), context)) as SQSBatchResponse
  expect(answer.batchItemFailures).toEqual([])
  expect(await instancesOf(venue)).toMatchObject([{ triggerCount: 1 }])
})

test('another venue does not hear of it, and its tick changes nothing', async () => {
  const { venue } = await venueWithBox()
  const other = unique('v')
  await addAlert(venue, tooMany())
  await sold(venue, -1, 4)
  await tick(other, 0)
  expect(await instancesOf(venue)).toEqual([])
  await tick(venue, 0)
  expect(await instancesOf(other)).toEqual([])
  expect(await instancesOf(venue)).toHaveLength(1)
})
