import fc from 'fast-check'
import { handler } from '../../functions/http/metrics.ts'
import { handler as settings } from '../../functions/http/settings.ts'
import { redis } from '../../lib/clients/redis.ts'
import { event, paid, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { loseRedis } from '../support/realtime.ts'
import { closeStores, deliver } from '../support/service.ts'

jest.setTimeout(60_000)
afterAll(closeStores)

const hit = 'turnout; hit'
const miss = 'turnout; fwd=miss'
const month = { from: '2026-05-15', to: '2026-06-15' }
const hourly = { ...month, granularity: 'hour' }

const ask = (venueId: string, query: Record<string, string>, metric = 'gross_revenue') =>
  request(handler, 'GET /v1/venues/{venueId}/metrics/{metric}', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId, metric },
    query,
  })

const table = (venueId: string, body: object) =>
  request(handler, 'POST /v1/venues/{venueId}/query', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId },
    body,
  })

const statusOf = async (venue: string, query: Record<string, string>, metric?: string) =>
  (await ask(venue, query, metric)).headers['cache-status']

/** The keys of a venue's kept answers. */
async function keysOf(venue: string): Promise<string[]> {
  let cursor = '0'
  const found: string[] = []
  do {
    const [next, keys] = await redis().scan(cursor, { match: `t:{${venue}}:numbers:*` })
    found.push(...keys)
    cursor = String(next)
  } while (cursor !== '0')
  return found
}

test('a dear answer is kept, and is the same but for its moment', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  const [first, second] = [await ask(venue, hourly), await ask(venue, hourly)]
  expect([first.headers['cache-status'], second.headers['cache-status']]).toEqual([miss, hit])
  expect(second.body).toEqual({ ...first.body, asOf: second.body.asOf })
  expect(second.body.asOf > first.body.asOf).toBe(true)
  expect(second.headers.etag).toBe(first.headers.etag)
})

test('what Postgres tells as fast is not kept', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  expect(await statusOf(venue, { ...month, granularity: 'day' })).toBeUndefined()
  expect(await keysOf(venue)).toEqual([])
})

test.each(['orders', 'average_order_value', 'unique_buyers'])(
  '%s by ticket type survive being kept',
  async (metric) => {
    const venue = unique('v')
    const item = (id: string) => ({ ticket_type_id: id, quantity: 1, unit_price_minor: 1001 })
    const data = { items: [item('stalls'), item('circle')], currency: 'USD' }
    await deliver(
      paid(venue, { data, actor: { customer_id: 'jane' } }),
      paid(venue, { actor: { customer_id: 'joe' } }),
    )
    const query = { ...month, group_by: 'ticket_type' }
    const [first, second] = [await ask(venue, query, metric), await ask(venue, query, metric)]
    expect(second.headers['cache-status']).toBe(hit)
    expect(second.body).toEqual({ ...first.body, asOf: second.body.asOf })
  },
)

test('every commit makes the kept answers of its venue old, and those of no other', async () => {
  const [own, other] = [unique('v'), unique('v')]
  await deliver(paid(own), paid(other))
  await Promise.all([ask(own, hourly), ask(other, hourly)])
  for (let i = 2; i < 8; i += 1) {
    await deliver(paid(own))
    const { headers, body } = await ask(own, hourly)
    expect([headers['cache-status'], body.total]).toEqual([miss, i * 9100])
    expect([await statusOf(own, hourly), await statusOf(other, hourly)]).toEqual([hit, hit])
  }
})

test('a duplicate makes no answer old', async () => {
  const venue = unique('v')
  const order = paid(venue)
  await deliver(order)
  await ask(venue, hourly)
  await deliver(order)
  expect(await statusOf(venue, hourly)).toBe(hit)
})

test('a change of the clock makes them old', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  const weekly = { from: '2025-05-15', to: '2026-06-15', granularity: 'week' }
  const before = await ask(venue, weekly)
  expect(await statusOf(venue, weekly)).toBe(hit)
  const changed = await request(settings, 'PUT /v1/venues/{venueId}/settings', {
    caller: { venues: { [venue]: 'manager' } },
    params: { venueId: venue },
    headers: { 'if-match': '*' },
    body: { timezone: 'Asia/Tokyo', dayStart: '06:00', currency: 'USD', weekStart: 'sunday' },
  })
  expect(changed.status).toBe(200)
  const after = await ask(venue, weekly)
  expect(after.headers['cache-status']).toBe(miss)
  expect(after.body.series[0].points[0].start).not.toBe(before.body.series[0].points[0].start)
})

test('a bucket is complete once it is over, also in a kept answer', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  const at = (ms: number) => new Date(ms).toISOString()
  const now = Date.now()
  // Its last bucket ends while the answer is kept.
  const query = { from: at(now - 72 * 3_600_000), to: at(now + 1500), granularity: 'minute' }
  const isComplete = ({ body }: Awaited<ReturnType<typeof ask>>) =>
    body.series[0].points.at(-1).complete
  expect(isComplete(await ask(venue, query))).toBe(false)
  const deadline = now + 20_000
  let last = await ask(venue, query)
  while (!isComplete(last) && Date.now() < deadline) last = await ask(venue, query)
  expect([isComplete(last), last.headers['cache-status']]).toEqual([true, hit])
})

test('pages of a table are cut from one kept answer', async () => {
  const venue = unique('v')
  const types = ['a', 'b', 'c', 'd', 'e']
  await deliver(types.map((id) => paid(venue, {}, { ticket_type_id: id })))
  const query = { measures: ['orders'], dimensions: ['ticket_type'], time: month, limit: 2 }
  const first = await table(venue, query)
  await deliver(paid(venue))
  const second = await table(venue, { ...query, cursor: first.body.nextCursor })
  const third = await table(venue, { ...query, cursor: second.body.nextCursor })
  expect(third.headers['cache-status']).toBe(hit)
  const rows = [first, second, third].flatMap(({ body }) => body.rows)
  expect(rows.map(([id]) => id)).toEqual(types)
})

test('answers are kept for five minutes, and no longer', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  await ask(venue, hourly)
  const [key = ''] = await keysOf(venue)
  expect(Math.abs((await redis().pttl(key)) - 300_000)).toBeLessThanOrEqual(5000)
})

test('an answer that Redis lost, or something else in its place, is computed', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  const { body } = await ask(venue, hourly)
  expect(await loseRedis(venue)).toBeGreaterThan(0)
  expect(await statusOf(venue, hourly)).toBe(miss)
  for (const odd of [
    '',
    'null',
    '{}',
    '[]',
    '[[],[["k"]],"x"]',
    '[["a"],[[[],[[0,"1e3"]],"1"]],"2"]',
  ]) {
    const [key = ''] = await keysOf(venue)
    await redis().set(key, odd)
    const answer = await ask(venue, hourly)
    expect([odd, answer.headers['cache-status'], answer.body.total]).toEqual([
      odd,
      miss,
      body.total,
    ])
  }
})

const part = fc.record(
  {
    granularity: fc.constantFrom('minute', '5min', 'hour'),
    from: fc.constantFrom('2026-06-01', '2026-05-30', '2026-05-31T12:00:00Z'),
    to: fc.constantFrom('2026-06-04', '2026-06-04T01:00:00Z', '2026-06-03'),
    tz: fc.constantFrom('Europe/Madrid', 'Asia/Kolkata'),
    group_by: fc.constantFrom('event', 'event,channel', 'channel,event'),
    'filter[channel]': fc.constantFrom('online', 'phone', 'online,phone'),
    'filter[event]': fc.constantFrom('show-1', 'show-2'),
    currency: fc.constantFrom('USD', 'EUR'),
    include_test: fc.constantFrom('true', 'false'),
  },
  { requiredKeys: ['granularity', 'from', 'to'] },
)
const metric = fc.constantFrom('gross_revenue', 'orders', 'tickets_sold', 'average_order_value')

test('whatever is asked after whatever: a kept answer is the one to its own question', async () => {
  const venue = unique('v')
  const ways = ['online', 'phone'].flatMap((channel) =>
    ['show-1', 'show-2'].flatMap((id) =>
      ['USD', 'EUR'].flatMap((code, i) => ({
        event_ref: { event_id: id },
        context: { channel },
        test_mode: i === 1 && id === 'show-2',
        data: { currency: code },
      })),
    ),
  )
  await deliver(ways.map((told, i) => paid(venue, told, { quantity: i + 1 })))
  await deliver(event(venue, 'venue.updated', { data: { timezone: 'UTC', currency: 'USD' } }))
  const asked = fc.array(fc.tuple(metric, part), { minLength: 2, maxLength: 5 })
  let hits = 0
  await fc.assert(
    fc.asyncProperty(asked, async (questions) => {
      for (const [name, query] of questions) await ask(venue, query, name)
      const kept: Awaited<ReturnType<typeof ask>>[] = []
      for (const [name, query] of questions) kept.push(await ask(venue, query, name))
      hits += kept.filter(({ headers }) => headers['cache-status'] === hit).length
      await loseRedis(venue)
      for (const [i, [name, query]] of questions.entries()) {
        const { body } = await ask(venue, query, name)
        expect(kept[i]?.body).toEqual({ ...body, asOf: kept[i]?.body.asOf })
      }
    }),
    { numRuns: 8 },
  )
  expect(hits).toBeGreaterThan(5)
})
