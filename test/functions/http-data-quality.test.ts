import { handler as quality } from '../../functions/http/data-quality.ts'
import { handler as aggregateVenue } from '../../functions/queue/aggregate-venue.ts'
import { auditVenue } from '../../lib/audit/audit.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'
import type { DataQuality } from '../../lib/data-quality/schema.ts'
import { catchUp } from '../../lib/operations/catch-up.ts'
import { delivery, event, paid, unique } from '../support/events.ts'
import { ask, call, closeStores, context, deliver } from '../support/service.ts'

afterAll(closeStores)

const route = 'GET /v1/venues/{venueId}/data-quality'
const asked = (venueId: string, of = venueId) =>
  call(quality, route, { caller: { venues: { [of]: 'viewer' } }, params: { venueId } })
const of = async (venueId: string): Promise<DataQuality> => (await asked(venueId)).body
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()
const minutes = 60_000

const checksum = (venueId: string, told: object, data: object = {}) =>
  event(venueId, 'orders.checksum', {
    event_ref: undefined,
    ...told,
    data: {
      ...{ date: ago(0).slice(0, 10), currency: 'USD' },
      ...{ orders: 1, tickets: 2, gross_minor: 9100, refunds_minor: 0, ...data },
    },
  })
const differences = async (venueId: string) => (await of(venueId)).platform?.differences

test('of a venue that nobody has written to nothing is known', async () => {
  const venue = unique('v')
  expect(await of(venue)).toMatchObject({
    stale: false,
    lastRecordedAt: null,
    sources: [],
    quarantineRate: null,
    windows: { madeUntil: null, behindSince: null },
    platform: { compared: 0, differences: [] },
    lastAudit: null,
  })
  expect((await asked(venue, unique('v'))).status).toBe(404)
})

test('what came, from whom, what waits and how far the jobs are', async () => {
  const venue = unique('v')
  const [early, late] = [ago(20 * minutes), ago(10 * minutes)]
  const order = paid(venue, { occurred_at: late })
  await deliver(order, paid(venue, { occurred_at: early, source: 'box_office' }))
  await deliver(order, paid(venue, { occurred_at: early }), {
    venue_id: venue,
    type: 'no.such.type',
    event_id: unique('e'),
  })
  const before = await of(venue)
  expect(before).toMatchObject({
    stale: false,
    lastEventAt: late,
    lastDay: { received: 5, counted: 3, known: 1, quarantined: 1 },
    quarantineRate: 0.2,
    waiting: { kept: 1, replaying: 0 },
    daysMadeAnew: false,
  })
  expect(before.sources.map(({ source, lastEventAt }) => [source, lastEventAt])).toEqual([
    ['box_office', early],
    ['checkout', late],
  ])
  expect(before.windows.behindSince).not.toBeNull()
  await aggregateVenue(delivery({ venueId: venue }), context)
  await catchUp()
  await auditVenue(venue, ago(0).slice(0, 10))
  const after = await of(venue)
  expect(after.windows).toEqual({ madeUntil: after.lastRecordedAt, behindSince: null })
  expect(after.lastAudit).toMatchObject({ found: 0, healed: 0, archive: 'complete' })
})

test('the platform’s checksum is compared with the day up to the moment that it tells of', async () => {
  const venue = unique('v')
  const told = ago(0)
  const show = { event_ref: { event_id: 'lear' } }
  await deliver(paid(venue, { occurred_at: told }), checksum(venue, { occurred_at: told }))
  expect(await differences(venue)).toEqual([])
  await deliver(paid(venue, { occurred_at: told, ...show }))
  const [drift] = (await differences(venue)) ?? []
  expect(drift).toMatchObject({
    kind: 'orders.checksum',
    event: null,
    toldAt: told,
    counts: [
      { name: 'orders', told: 1, counted: 2 },
      { name: 'tickets_sold', told: 2, counted: 4 },
      { name: 'gross_revenue', told: 9100, counted: 18_200 },
    ],
  })
  // Of one show; an older word that comes later changes nothing, a test says nothing.
  const later = new Date(Date.parse(told) + 1).toISOString()
  await deliver(
    checksum(venue, { occurred_at: later }, { orders: 2, tickets: 4, gross_minor: 18_200 }),
    checksum(venue, { occurred_at: later, ...show }, { event_id: 'lear', refunds_minor: 5 }),
  )
  await deliver(
    checksum(venue, { occurred_at: told }),
    checksum(venue, { occurred_at: later, test_mode: true }, { orders: 77 }),
  )
  expect(await differences(venue)).toMatchObject([
    { event: 'lear', counts: [{ name: 'refunds', told: 5, counted: 0 }] },
  ])
  // They count nothing themselves.
  const year = { from: '2026-01-01', to: '2027-01-01', granularity: 'none' }
  expect((await ask(venue, 'orders', year)).total).toBe(2)
})

test('a snapshot tells tickets by type, complimentary ones too and cancelled ones not', async () => {
  const venue = unique('v')
  const [first, told] = [ago(3 * 24 * 60 * minutes), ago(0)]
  const order = paid(venue, { occurred_at: first }, { quantity: 3 })
  const { order_id } = order.data as { order_id: string }
  const items = (sold: number, comps: number) =>
    ['stalls', 'circle'].map((ticket_type_id) => ({
      ...{ ticket_type_id, capacity: 100, held: 0, killed: 0, open: 0 },
      ...(ticket_type_id === 'stalls' ? { sold, comps } : { sold: 0, comps: 0 }),
    }))
  const snapshot = (sold: number, comps: number, occurred_at = told) =>
    event(venue, 'inventory.snapshot', {
      occurred_at,
      data: { currency: 'USD', items: items(sold, comps) },
    })
  await deliver(
    order,
    paid(venue, { occurred_at: told }, { quantity: 1, is_comp: true }),
    event(venue, 'order.cancelled', {
      occurred_at: told,
      data: { order_id, items: [{ ticket_type_id: 'stalls', quantity: 1 }] },
    }),
    snapshot(2, 1),
  )
  expect((await of(venue)).platform).toEqual({ compared: 1, differences: [] })
  await deliver(snapshot(3, 1, new Date(Date.parse(told) + 1).toISOString()))
  expect(await differences(venue)).toMatchObject([
    {
      kind: 'inventory.snapshot',
      event: 'show-1',
      ticketType: 'stalls',
      counts: [{ name: 'tickets_net', told: 4, counted: 3 }],
    },
  ])
})

test('it costs the same number of statements, however much was told', async () => {
  const [small, large] = [unique('v'), unique('v')]
  const one = (venue: string, n: number) =>
    checksum(venue, { occurred_at: ago(0) }, { event_id: `s${n}` })
  await deliver(one(small, 0))
  await deliver(...Array.from({ length: 60 }, (_, n) => one(large, n)))
  const costOf = async (venue: string) => {
    let statements = 0
    const stop = observeStatements(() => {
      statements += 1
    })
    expect((await of(venue)).platform?.compared).toBeGreaterThan(0)
    stop()
    return statements
  }
  expect(await costOf(large)).toBe(await costOf(small))
})
