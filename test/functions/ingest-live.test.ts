import { redis, tenantKey } from '../../lib/clients/redis.ts'
import { event, paid, type Sent, unique } from '../support/events.ts'
import { ask, closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const now = () => ({ occurred_at: new Date().toISOString() })
const today = () => new Date().toISOString().slice(0, 10)
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)

// The client of the service leaves answers as they come: names and values in turn.
async function liveOf(venue: string, start = Date.parse(today())): Promise<Record<string, string>> {
  const key = tenantKey(venue, 'live', String(start), String(start + 86_400_000))
  const answer = await redis().hgetall(key)
  const flat = answer as unknown as string[]
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 ? [] : [[name, flat[i + 1] ?? '']])))
}

const counts = ['orders', 'tickets_sold', 'tickets_cancelled', 'scans_accepted', 'admissions']
const sums = ['gross_revenue', 'refunds', 'chargebacks', 'cancelled_value', 'fees', 'taxes']

const scan = { scan_id: 's', ticket_id: 't-1', result: 'ok', quantity: 3 }

function day(venue: string): Sent[] {
  const order = paid(venue, now(), { quantity: 3, fees_minor: 100, tax_minor: 50 })
  const { order_id } = order.data as { order_id: string }
  const money = { order_id, currency: 'USD', amount_minor: 1500 }
  return [
    order,
    paid(venue, { ...now(), data: { currency: 'EUR' } }),
    paid(venue, { ...now(), test_mode: true }),
    paid(venue, { occurred_at: '2026-01-01T00:00:00Z' }),
    event(venue, 'order.cancelled', { ...now(), data: { order_id } }),
    event(venue, 'refund.completed', { ...now(), data: { refund_id: 'r', ...money } }),
    event(venue, 'chargeback.opened', { ...now(), data: money }),
    event(venue, 'ticket.scanned', { ...now(), data: scan }),
  ]
}

test('the live numbers of today equal those of Postgres after every batch', async () => {
  const venue = unique('v')
  for (const batch of [day(venue), day(venue), [paid(venue, now())]]) {
    await deliver(...batch, batch[0])
    const live = await liveOf(venue)
    const query = { from: today(), to: tomorrow(), granularity: 'none' }
    for (const metric of counts) {
      expect([metric, Number(live[metric])]).toEqual([
        metric,
        (await ask(venue, metric, query)).total,
      ])
    }
    for (const metric of sums) {
      for (const currency of ['USD', 'EUR']) {
        const { total } = await ask(venue, metric, { ...query, currency })
        expect([metric, Number(live[`${metric}:${currency}`] ?? 0)]).toEqual([metric, total])
      }
    }
    expect(live.asOf).toMatch(/^\d{4}-.*\.\d{6}Z$/)
  }
})

test('batches that overtake each other leave the newest numbers', async () => {
  const venue = unique('v')
  const batches = Array.from({ length: 20 }, () => deliver(paid(venue, now()), paid(venue, now())))
  expect((await Promise.all(batches)).flat()).toEqual([])
  expect(Number((await liveOf(venue)).orders)).toBe(40)
})

test('the live day is the business day of the venue', async () => {
  const venue = unique('v')
  const settings = { timezone: 'Pacific/Kiritimati', currency: 'USD' }
  await deliver(event(venue, 'venue.updated', { ...now(), data: settings }))
  await deliver(paid(venue, now()))
  const east = 14 * 3_600_000
  const there = new Date(Date.now() + east).toISOString().slice(0, 10)
  expect((await liveOf(venue, Date.parse(there) - east)).orders).toBe('1')
})

test('a batch of another day moves the moment of the live numbers, and no number', async () => {
  const venue = unique('v')
  await deliver(paid(venue, now()))
  const { asOf: first = '', ...before } = await liveOf(venue)
  await deliver(paid(venue))
  const { asOf: second = '', ...after } = await liveOf(venue)
  expect(after).toEqual(before)
  expect(second > first).toBe(true)
})

test('a batch that counts nothing leaves the live numbers as they are', async () => {
  const venue = unique('v')
  const order = paid(venue, now())
  await deliver(order)
  const before = await liveOf(venue)
  await deliver(order, { ...order, type: 'nothing' })
  expect(await liveOf(venue)).toEqual(before)
})

test('live numbers are kept for two days', async () => {
  const venue = unique('v')
  await deliver(paid(venue, now()))
  const start = Date.parse(today())
  const left = await redis().ttl(
    tenantKey(venue, 'live', String(start), String(start + 86_400_000)),
  )
  expect(Math.abs(left - 2 * 24 * 3600)).toBeLessThanOrEqual(1)
})
