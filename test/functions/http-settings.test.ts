import { handler } from '../../functions/http/settings.ts'
import { paid, unique } from '../support/events.ts'
import { type Asked, request } from '../support/http.ts'
import { ask, closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const good = {
  timezone: 'America/New_York',
  dayStart: '06:00',
  currency: 'EUR',
  weekStart: 'sunday',
}

const read = (venueId: string) =>
  request(handler, 'GET /v1/venues/{venueId}/settings', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId },
  })

const put = (venueId: string, body: unknown, headers: Record<string, string>, more: Asked = {}) =>
  request(handler, 'PUT /v1/venues/{venueId}/settings', {
    caller: { venues: { [venueId]: 'manager' } },
    params: { venueId },
    body,
    headers,
    ...more,
  })

test('a venue that nobody has written to has the defaults', async () => {
  const { status, body } = await read(unique('v'))
  expect(status).toBe(200)
  expect(body).toEqual({
    name: null,
    timezone: 'UTC',
    dayStart: '00:00',
    currency: 'USD',
    weekStart: 'monday',
  })
})

test('a change names what was read, and is read afterwards', async () => {
  const venue = unique('v')
  const before = await read(venue)
  const changed = await put(
    venue,
    { ...good, name: 'Palace' },
    { 'if-match': before.headers.etag ?? '' },
  )
  expect([changed.status, changed.body]).toEqual([200, { ...good, name: 'Palace' }])
  expect(changed.headers.etag).not.toBe(before.headers.etag)
  const after = await read(venue)
  expect([after.body, after.headers.etag]).toEqual([changed.body, changed.headers.etag])
})

test('a name that is left out stays, one that is null goes', async () => {
  const venue = unique('v')
  await put(venue, { ...good, name: 'Palace' }, { 'if-match': '*' })
  expect((await put(venue, good, { 'if-match': '*' })).body.name).toBe('Palace')
  expect((await put(venue, { ...good, name: null }, { 'if-match': '*' })).body.name).toBeNull()
})

test('without If-Match 428, with an old one 412, and nothing is changed', async () => {
  const venue = unique('v')
  const { etag = '' } = (await read(venue)).headers
  expect((await put(venue, good, {})).status).toBe(428)
  await put(venue, good, { 'If-Match': etag })
  const other = { ...good, currency: 'JPY' }
  for (const stale of [etag, '"x"', '""', 'x']) {
    expect([stale, (await put(venue, other, { 'if-match': stale })).status]).toEqual([stale, 412])
  }
  expect((await read(venue)).body.currency).toBe('EUR')
})

test('of ten changes at once by the same reading one is made', async () => {
  const venue = unique('v')
  const { etag = '' } = (await read(venue)).headers
  const codes = ['USD', 'EUR', 'GBP', 'JPY', 'CHF', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK']
  const answers = await Promise.all(
    codes.map((currency) => put(venue, { ...good, currency }, { 'if-match': etag })),
  )
  const statuses = answers.map(({ status }) => status).sort()
  expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 412)])
  const winner = answers.find(({ status }) => status === 200)
  expect((await read(venue)).body).toEqual(winner?.body)
})

const wrong: [field: string, value: unknown][] = [
  ['timezone', 'bogus'],
  ['timezone', 'Mars/Olympus'],
  ['timezone', 7],
  ['timezone', "UTC'; drop table venues; --"],
  ['dayStart', '24:00'],
  ['dayStart', '6:00'],
  ['currency', 'XXL'],
  ['currency', 'usd'],
  ['weekStart', 'Monday'],
  ['name', ''],
  ['name', 'x'.repeat(301)],
  ['name', ['Palace']],
  ['name', 'a\0b'],
  ['timezone', undefined],
  ['currency', null],
]

test.each(wrong)('a wrong %s is refused by its name: %j', async (field, value) => {
  const answer = await put(unique('v'), { ...good, [field]: value }, { 'if-match': '*' })
  expect(answer.status).toBe(400)
  expect(answer.body.issues).toContainEqual(expect.objectContaining({ path: field }))
})

const stray = [
  'venue_id',
  'venueId',
  'role',
  'revision',
  'created_at',
  'owner_id',
  'is_public',
  'id',
]

test.each(stray)('%s cannot be written by the way', async (field) => {
  const venue = unique('v')
  const answer = await put(venue, { ...good, [field]: 'x' }, { 'if-match': '*' })
  expect(answer.status).toBe(400)
  expect(answer.body.issues).toContainEqual({
    path: field,
    code: 'unknown_field',
    message: expect.stringContaining(field),
  })
  expect((await read(venue)).body.currency).toBe('USD')
})

test('a prototype in the body is refused or ignored and changes nothing', async () => {
  const body = `{"__proto__":{"polluted":true},${JSON.stringify(good).slice(1)}`
  const { status } = await put(unique('v'), body, { 'if-match': '*' })
  expect([200, 400]).toContain(status)
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

const bodies: [name: string, status: number, body: unknown, headers?: Record<string, string>][] = [
  ['that is no JSON', 400, '{"timezone":'],
  ['that is empty', 400, ''],
  ['that is a list', 400, [good]],
  ['that is null', 400, 'null'],
  ['of another type', 415, good, { 'content-type': 'text/plain' }],
  ['in the form of a page', 415, 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['of more than a megabyte', 413, { ...good, name: 'x'.repeat(1_100_000) }],
  ['of a depth of a hundred thousand', 400, `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
]

test.each(bodies)('a body %s is answered with %i', async (_name, status, body, headers = {}) => {
  const answer = await put(unique('v'), body, { 'if-match': '*', ...headers })
  expect(answer.status).toBe(status)
})

test('a change of the day’s start moves sales to other days at once', async () => {
  const venue = unique('v')
  await deliver(paid(venue, { occurred_at: '2026-06-02T03:00:00Z' }))
  const days = async () => {
    const { series } = await ask(venue, 'orders', { from: '2026-06-01', to: '2026-06-03' })
    return series[0]?.points.map(({ value }) => value)
  }
  expect(await days()).toEqual([0, 1])
  await put(venue, { ...good, timezone: 'UTC', dayStart: '06:00' }, { 'if-match': '*' })
  expect(await days()).toEqual([1, 0])
})
