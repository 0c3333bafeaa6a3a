import { handler as settings } from '../../functions/http/settings.ts'
import { redis, tenantKey } from '../../lib/clients/redis.ts'
import { catchUp } from '../../lib/operations/catch-up.ts'
import type { Kpi } from '../../lib/realtime/kpi.ts'
import { businessDayOf } from '../../lib/time/periods.ts'
import { randomOf, seedOfRun } from '../oracle/random.ts'
import { event, paid, type Sent, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { asked, live, liveMetric, loseRedis } from '../support/realtime.ts'
import { ask, closeStores, deliver } from '../support/service.ts'

jest.setTimeout(120_000)
afterAll(closeStores)

const chance = randomOf(seedOfRun())
const hour = 3_600_000
const hit = 'turnout; hit'
const miss = 'turnout; fwd=miss'
const clock = (venue: string, timezone: string, day_start = '00:00') =>
  event(venue, 'venue.updated', { data: { timezone, currency: 'EUR', day_start } })

/** Anything that may happen to a venue between two days ago and now. */
function anyEvent(venue: string, orders: string[]): Sent {
  const when = { occurred_at: new Date(Date.now() - chance.below(48 * hour)).toISOString() }
  const currency = chance.pick(['EUR', 'EUR', 'USD'])
  const order_id = chance.pick(orders) ?? 'unknown'
  const money = { order_id, currency, amount_minor: chance.between(1, 5000) }
  const ticket = chance.maybe(0.5, () => `t-${chance.below(9)}`)
  const scan = {
    scan_id: unique('s'),
    result: chance.pick(['ok', 'ok', 'error']),
    direction: chance.pick(['entry', 'exit']),
    quantity: chance.below(4),
    ...(ticket && { ticket_id: ticket }),
  }
  return chance.pick<() => Sent>([
    () => sold(venue, when, currency, orders),
    () => sold(venue, when, currency, orders),
    () => event(venue, 'order.cancelled', { ...when, data: { order_id } }),
    () => event(venue, 'refund.completed', { ...when, data: { refund_id: unique('r'), ...money } }),
    () => event(venue, 'chargeback.opened', { ...when, data: money }),
    () => event(venue, 'ticket.scanned', { ...when, data: scan }),
    () => event(venue, 'page.viewed', { ...when, data: {} }),
  ])()
}

function sold(venue: string, when: { occurred_at: string }, currency: string, orders: string[]) {
  const order_id = chance.chance(0.2) ? (chance.pick(orders) ?? unique('o')) : unique('o')
  orders.push(order_id)
  const line = { quantity: chance.below(4), unit_price_minor: chance.below(3) * 1250 }
  const test_mode = chance.chance(0.1)
  return paid(venue, { ...when, test_mode, data: { order_id, currency } }, line)
}

const numbersOf = (items: Kpi[]) =>
  items.map(({ metric, current, previous }) => ({ metric, current, previous }))

async function expectSameAsMetrics(venue: string): Promise<{ compared: number; status: string }> {
  const { status, headers, body } = await live(venue)
  expect([status, body.stale]).toEqual([200, false])
  const expected = await Promise.all(body.items.map((kpi: Kpi) => asked(venue, kpi, body.asOf)))
  expect(numbersOf(body.items)).toEqual(expected)
  return { compared: 2 * expected.length, status: headers['cache-status'] ?? '' }
}

test.each([
  ['UTC', '00:00'],
  ['America/New_York', '06:00'],
  ['Asia/Kolkata', '03:30'],
])('in %s from %s on, live numbers are those of the metrics API', async (timezone, dayStart) => {
  const venue = unique('v')
  const orders: string[] = []
  const statuses: string[] = []
  let compared = 0
  await deliver(clock(venue, timezone, dayStart))
  for (let batch = 0; batch < 4; batch += 1) {
    const events = Array.from({ length: 12 }, () => anyEvent(venue, orders))
    await deliver(events, chance.pick(events))
    if (chance.chance(0.3)) await loseRedis(venue)
    if (chance.chance(0.2)) await deliver(clock(venue, timezone, chance.pick(['04:00', dayStart])))
    if (chance.chance(0.5)) await catchUp()
    const one = await expectSameAsMetrics(venue)
    compared += one.compared
    statuses.push(one.status)
  }
  expect(compared).toBeGreaterThan(100)
  expect(new Set([...statuses, hit, miss]).size).toBe(2)
})

const now = (agoMs = 0) => ({ occurred_at: new Date(Date.now() - agoMs).toISOString() })

test('a venue that nobody has written to has zeros and nothing to compare', async () => {
  const { status, body } = await live(unique('v'))
  expect(status).toBe(200)
  for (const kpi of body.items) {
    expect(kpi).toMatchObject({
      current: 0,
      previous: 0,
      change: 0,
      changePct: null,
      trend: 'flat',
    })
  }
  expect(body.items.length).toBeGreaterThan(8)
})

test('one metric is told alone; of money in two currencies one must be named', async () => {
  const venue = unique('v')
  await deliver(paid(venue, now()))
  const one = await liveMetric(venue, 'gross_revenue')
  expect(one.body).toMatchObject({ current: 9100, currency: 'USD', unit: 'minor', stale: false })
  await deliver(paid(venue, { ...now(), data: { currency: 'EUR' } }, { quantity: 1 }))
  const mixed = await liveMetric(venue, 'gross_revenue')
  expect([mixed.status, mixed.body.issues[0].path]).toEqual([422, 'currency'])
  const euros = await liveMetric(venue, 'gross_revenue', { currency: 'EUR' })
  expect(euros.body).toMatchObject({ current: 4550, previous: 0, currency: 'EUR' })
  const { body } = await live(venue)
  const gross = body.items.filter(({ metric }: Kpi) => metric === 'gross_revenue')
  expect(gross.map(({ currency, current }: Kpi) => [currency, current])).toEqual([
    ['EUR', 4550],
    ['USD', 9100],
  ])
})

test.each(['unique_buyers', 'average_order_value', 'comps', 'tickets_refunded'])(
  '%s is live as well',
  async (metric) => {
    const venue = unique('v')
    await deliver(paid(venue, { ...now(), actor: { customer_id: 'jane' } }))
    const { body } = await liveMetric(venue, metric)
    const { current, previous } = body
    expect(await asked(venue, body, body.asOf)).toEqual({ metric, current, previous })
  },
)

test.each(['nothing', '__proto__', 'counters', "x' or 1=1"])(
  'there is no live %j',
  async (name) => {
    expect((await liveMetric(unique('v'), name)).status).toBe(404)
  },
)

test('sums beyond what JavaScript counts exactly are exact', async () => {
  const venue = unique('v')
  const line = { quantity: 1, unit_price_minor: Number.MAX_SAFE_INTEGER }
  await deliver(paid(venue, now(), line), paid(venue, now(), line), paid(venue, now(), line))
  const { text } = await liveMetric(venue, 'gross_revenue')
  expect(text).toContain('"current":27021597764222973,')
  expect(text).toContain('"change":27021597764222973,')
})

test('what Redis lost is right at once and back after a minute’s tick', async () => {
  const venue = unique('v')
  await deliver(paid(venue, now()), paid(venue, now(24 * hour + 60_000)))
  const before = await live(venue)
  expect(before.headers['cache-status']).toBe(hit)
  expect(await loseRedis(venue)).toBeGreaterThan(0)
  const lost = await live(venue)
  expect([lost.headers['cache-status'], lost.body.items]).toEqual([miss, before.body.items])
  expect((await catchUp()).live).toBeGreaterThan(0)
  const back = await live(venue)
  expect([back.headers['cache-status'], back.body.items]).toEqual([hit, before.body.items])
})

const keyOf = (venue: string) => {
  const calendar = { timeZone: 'UTC', dayStart: '00:00', weekStart: 'monday' as const }
  const { start, end } = businessDayOf(Date.now(), calendar)
  return tenantKey(venue, 'live', String(start), String(end))
}

test.each<[string, Record<string, string>]>([
  ['of an earlier ingest', { asOf: '2026-06-01T00:00:00.000000Z' }],
  ['of a later ingest', { asOf: '2999-06-01T00:00:00.000000Z' }],
  ['of no ingest', { asOf: '' }],
  ['no numbers', { orders: 'many' }],
])('live numbers %s are not taken', async (_what, odd) => {
  const venue = unique('v')
  await deliver(paid(venue, now()))
  await redis().hset(keyOf(venue), { tickets_sold: '99', ...odd })
  const { headers, body } = await live(venue)
  const tickets = body.items.find(({ metric }: Kpi) => metric === 'tickets_sold')
  expect([headers['cache-status'], tickets.current]).toEqual([miss, 2])
})

test('while its days are made anew for another clock, live numbers are right', async () => {
  const venue = unique('v')
  const orders: string[] = []
  await deliver(
    clock(venue, 'UTC'),
    Array.from({ length: 40 }, () => anyEvent(venue, orders)),
  )
  for (const timezone of ['Pacific/Kiritimati', 'America/New_York', 'UTC']) {
    const body = { timezone, dayStart: '05:15', currency: 'EUR', weekStart: 'monday' }
    const changed = await request(settings, 'PUT /v1/venues/{venueId}/settings', {
      caller: { venues: { [venue]: 'manager' } },
      params: { venueId: venue },
      body,
      headers: { 'if-match': '*' },
    })
    expect(changed.status).toBe(200)
    expect((await expectSameAsMetrics(venue)).status).toBe(miss)
    await deliver(Array.from({ length: 5 }, () => anyEvent(venue, orders)))
    expect((await expectSameAsMetrics(venue)).status).toBe(miss)
    await catchUp()
    expect((await expectSameAsMetrics(venue)).status).toBe(hit)
  }
})

test('no answer is older than what was counted before it was asked', async () => {
  const venue = unique('v')
  let counted = 0
  let isDone = false
  const today = new Date().toISOString().slice(0, 10)
  const day = { from: today, to: new Date(Date.now() + 24 * hour).toISOString().slice(0, 10) }
  const days = { ...day, from: new Date(Date.now() - 72 * hour).toISOString().slice(0, 10) }
  const late: string[] = []
  const statuses = new Set<string | undefined>()
  const read = async (what: string, orders: () => Promise<number | null | undefined>) => {
    while (!isDone) {
      const least = counted
      const found = (await orders()) ?? 0
      if (found < least) late.push(`${what}: ${found} of ${least}`)
    }
  }
  const write = async () => {
    for (let batch = 0; batch < 15; batch += 1) {
      await deliver(paid(venue, now()), paid(venue, now()))
      counted += 2
    }
  }
  const readers = [
    read('live', async () => {
      const { headers, body } = await live(venue)
      statuses.add(headers['cache-status'])
      return body.items.find(({ metric }: Kpi) => metric === 'orders').current
    }),
    read(
      'minutes',
      async () => (await ask(venue, 'orders', { ...days, granularity: '5min' })).total,
    ),
    read(
      'by type',
      async () => (await ask(venue, 'orders', { ...day, group_by: 'ticket_type' })).total,
    ),
  ]
  await Promise.all([write(), write()])
  isDone = true
  await Promise.all(readers)
  expect([late, counted]).toEqual([[], 60])
  expect(statuses).toContain(hit)
  const { body } = await live(venue)
  expect(body.items.find(({ metric }: Kpi) => metric === 'orders').current).toBe(60)
})
