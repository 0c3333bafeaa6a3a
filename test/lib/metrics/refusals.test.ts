import { handler as shows } from '../../../functions/http/events.ts'
import { handler as metrics } from '../../../functions/http/metrics.ts'
import { handler as settings } from '../../../functions/http/settings.ts'
import { paid, unique } from '../../support/events.ts'
import { call, closeStores, deliver } from '../../support/service.ts'

afterAll(closeStores)

const route = 'GET /v1/venues/{venueId}/metrics/{metric}'
const good = { from: '2026-06-01', to: '2026-06-02' }
const venueId = unique('v')

const asked = (query: object, metric = 'orders') =>
  call(metrics, route, {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId, metric },
    query: query as Record<string, string>,
  })

test.each([
  ['no from', { from: undefined }, 'from'],
  ['no to', { to: undefined }, 'to'],
  ['from after to', { from: '2026-06-03' }, 'to'],
  ['an empty time', { to: '2026-06-01' }, 'to'],
  ['a date that is none', { from: '2026-02-30' }, 'from'],
  ['a time without offset', { from: '2026-06-01T12:00:00' }, 'from'],
  ['a zone that is none', { tz: 'Mars/Olympus' }, 'tz'],
  ['an offset for a zone', { tz: '+02:00' }, 'tz'],
  ['a granularity that is none', { granularity: 'fortnight' }, 'granularity'],
  ['a dimension that is none', { group_by: 'weather' }, 'group_by.0'],
  ['four dimensions', { group_by: 'event,session,channel,gate' }, 'group_by'],
  ['a dimension twice', { group_by: 'event,event' }, 'group_by'],
  ['a filter of no dimension', { 'filter[weather]': 'rain' }, 'filter[weather]'],
  ['a filter of nothing', { 'filter[channel]': '' }, 'filter[channel]'],
  ['a currency that is none', { currency: 'usd' }, 'currency'],
  ['neither true nor false', { include_test: 'yes' }, 'include_test'],
  ['an asOf that is no time', { asOf: '2026-06-01' }, 'asOf'],
  ['a field nobody knows', { colour: 'red' }, 'colour'],
])('%s is refused by the name of the field', async (_, wrong, path) => {
  const query = Object.entries({ ...good, ...wrong }).filter(([, value]) => value !== undefined)
  const { status, headers, body } = await asked(Object.fromEntries(query))
  expect([status, body.code]).toEqual([400, 'bad_request'])
  expect(headers['content-type']).toBe('application/problem+json')
  expect(body.issues.map((issue: { path: string }) => issue.path)).toEqual([path])
})

test.each([
  '0000-01-01T00:00:00Z',
  '0000-12-31T23:59:59Z',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59Z',
  '9999-12-31T23:59:59-12:00',
])('asOf %s, which no store can write down, is refused at both doors', async (asOf) => {
  const table = await call(metrics, 'POST /v1/venues/{venueId}/query', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId },
    body: { measures: ['orders'], time: good, asOf },
  })
  for (const { status, body } of [await asked({ ...good, asOf }), table]) {
    expect([status, body.issues?.[0].path]).toEqual([400, 'asOf'])
  }
})

test('a metric that is none is not found', async () => {
  expect((await asked(good, 'weather')).status).toBe(404)
  expect((await asked(good, '__proto__')).status).toBe(404)
})

test('more than ten thousand points are refused, not cut', async () => {
  const minutes = { from: '2026-06-01', granularity: 'minute' }
  const most = await asked({ ...minutes, to: '2026-06-07T22:40:00Z' })
  expect(most.body.series[0].points).toHaveLength(10_000)
  const more = await asked({ ...minutes, to: '2026-06-07T22:41:00Z' })
  expect([more.status, more.body.code]).toEqual([422, 'unprocessable'])
  const decades = { from: '0001-01-03', to: '9999-12-01', granularity: 'minute' }
  expect((await asked(decades)).status).toBe(422)
})

test('points of all groups count together', async () => {
  const orders = ['box', 'stalls'].map((ticket_type_id) => paid(venueId, {}, { ticket_type_id }))
  await deliver(orders)
  const query = { from: '2026-05-29', granularity: 'minute', to: '2026-06-03' }
  expect((await asked(query)).status).toBe(200)
  const grouped = await asked({ ...query, group_by: 'ticket_type' })
  expect([grouped.status, grouped.body.code]).toEqual([422, 'unprocessable'])
})

const tables = { shows, metrics, settings }
const ofVenues = Object.values(tables).flatMap((handler) =>
  Object.keys(handler.routes)
    .filter((name) => name.includes('{venueId}'))
    .map((name) => [name, handler] as const),
)

test.each(ofVenues)('another venue is not found on %s', async (name, handler) => {
  const foreign = unique('v')
  await deliver(paid(foreign))
  const params = { venueId: foreign, metric: 'orders', eventId: 'show-1' }
  const told = { params, ...(name.startsWith('PUT') && { body: {} }) }
  const stranger = await call(handler, name, {
    ...told,
    caller: { venues: { [venueId]: 'owner' } },
  })
  expect([stranger.status, stranger.body.code]).toEqual([404, 'not_found'])
  const writer = await call(handler, name, { ...told, caller: { ingestVenue: foreign } })
  expect(writer.status).toBe(403)
  const inherited = await call(handler, name, {
    ...told,
    params: { ...params, venueId: 'constructor' },
  })
  expect(inherited.status).toBe(404)
  expect((await call(handler, name, { ...told, caller: null })).status).toBe(401)
})
