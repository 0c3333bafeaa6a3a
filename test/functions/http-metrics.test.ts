import { handler } from '../../functions/http/metrics.ts'
import { paid, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const week = { from: '2026-06-01', to: '2026-06-08' }

const ask = (venueId: string, query: Record<string, string>, metric = 'gross_revenue') =>
  request(handler, 'GET /v1/venues/{venueId}/metrics/{metric}', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId, metric },
    query,
  })

test('a venue that nobody has written to answers 200, UTC, zeros', async () => {
  const { status, body } = await ask(unique('v'), week)
  expect([status, body.tz, body.total]).toEqual([200, 'UTC', 0])
  expect(body.series[0].points).toHaveLength(7)
})

test('the catalogue has every metric, and each can be asked', async () => {
  const { body } = await request(handler, 'GET /v1/metrics', { caller: null })
  const venue = unique('v')
  for (const { name, definition } of body.items) {
    expect(definition).toMatch(/\w+ \w+.*\.$/)
    expect([name, (await ask(venue, week, name)).status]).toEqual([name, 200])
  }
  expect(body.items.length).toBeGreaterThan(20)
})

test.each(['nothing', '__proto__', 'constructor', "x' or 1=1", '\0', ''])(
  'there is no metric %j',
  async (metric) => {
    expect((await ask(unique('v'), week, metric)).status).toBe(404)
  },
)

const wrong: [field: string, value: string][] = [
  ['from', 'yesterday'],
  ['from', ''],
  ['from', '2026-02-30'],
  ['from', '2026-06-01T00:00:00'],
  ['from', '99999-01-01'],
  ['to', '2026-05-01'],
  ['to', week.from],
  ['to', '\0'],
  ['granularity', 'second'],
  ['granularity', "day'; drop table ledger; --"],
  ['tz', 'bogus'],
  ['tz', 'UTC; select 1'],
  ['group_by', 'customer_ref'],
  ['group_by', 'venue_id'],
  ['group_by', 'event,event'],
  ['group_by', 'event,session,gate,channel'],
  ['group_by', '__proto__'],
  ['filter[customer_ref]', 'x'],
  ['filter[$where]', '1'],
  ['filter', 'x'],
  ['filter[event]', ''],
  ['filter[event]', 'a\0b'],
  ['currency', 'usd'],
  ['currency', 'USD,EUR'],
  ['include_test', 'yes'],
  ['asOf', 'now'],
  ['asOf', '2026-06-01'],
  ['limit', '10'],
]

test.each(wrong)('a wrong %s is refused by its name: %j', async (field, value) => {
  const { status, body } = await ask(unique('v'), { ...week, [field]: value })
  expect([status, body.issues?.[0]?.path]).toEqual([400, expect.stringMatching(/\w/)])
  expect(body.issues[0].path.split('.')[0]).toBe(field)
})

test.each(['from', 'to'])('%s is needed', async (field) => {
  const { [field as 'from']: _, ...rest } = week
  const { status, body } = await ask(unique('v'), rest)
  expect([status, body.issues[0].path]).toEqual([400, field])
})

const far: Record<string, string>[] = [
  { asOf: '0000-01-01T00:00:00Z' },
  { asOf: '0001-01-01T00:00:00+14:00' },
  { asOf: '9999-12-31T23:59:59-12:00' },
  { asOf: '2016-12-31T23:59:60Z' },
  { from: '0001-01-01', to: '0001-01-02' },
  { from: '9999-12-29', to: '9999-12-31' },
  { 'filter[event]': '\ud800' },
  { 'filter[event]': "' or '1'='1" },
  { 'filter[event]': `${'x,'.repeat(1900)}x` },
  { tz: 'Etc/GMT+12' },
  { currency: 'ZZZ' },
]

test.each(far)(
  'an odd but possible question is answered or refused, never a fault: %j',
  async (odd) => {
    const { status } = await ask(unique('v'), { ...week, ...odd })
    expect([200, 400, 422]).toContain(status)
  },
)

test('ten years by the minute are refused, not cut', async () => {
  const query = { from: '2016-01-01', to: '2026-01-01', granularity: 'minute' }
  const { status, body } = await ask(unique('v'), query)
  expect([status, body.code]).toEqual([422, 'unprocessable'])
  expect((await ask(unique('v'), { ...query, granularity: 'day' })).status).toBe(200)
})

test('the ETag leaves out when it was asked, and changes with a number', async () => {
  const venue = unique('v')
  await deliver(paid(venue))
  const first = await ask(venue, week)
  await deliver(paid(unique('v')))
  const second = await ask(venue, week)
  expect(second.headers.etag).toBe(first.headers.etag)
  await deliver(paid(venue))
  const third = await ask(venue, week)
  expect(third.body.total).toBe(2 * first.body.total)
  expect(third.headers.etag).not.toBe(first.headers.etag)
})
