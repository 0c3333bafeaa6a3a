import type { Access } from '../../lib/access/grants.ts'
import { roles } from '../../lib/access/grants.ts'
import { closePostgres, observeStatements, readTenant } from '../../lib/clients/postgres.ts'
import { config } from '../../lib/config.ts'
import { event, unique } from '../support/events.ts'
import { addIds, good } from '../support/good-requests.ts'
import { type Asked, type HttpHandler, httpFunctions, request } from '../support/http.ts'
import { closeStores, deliver } from '../support/service.ts'
import { fillVenue } from '../support/venue.ts'

type Row = { key: string; handler: HttpHandler; access: Access; status: number }

const venue = unique('v')
const foreign = unique('v-foreign')
const absent = unique('v-absent')
let rows: Row[]

beforeAll(async () => {
  await fillVenue(venue)
  await fillVenue(foreign)
  await deliver({ venue_id: '?', event_id: unique('stray') })
  await addIds(venue)
  rows = (await httpFunctions()).flatMap(({ handler }) =>
    Object.entries(handler.routes).map(([key, { access, status }]) => ({
      key,
      handler,
      access,
      status,
    })),
  )
})
afterAll(closeStores)

const ofVenues = () => rows.filter(({ access }) => !['public', 'token', 'ops'].includes(access))
const ask = ({ key, handler }: Row, venueId: string, more: Asked = {}) => {
  const asked = good[key] ?? {}
  const params = { ...asked.params, venueId, ...more.params }
  return request(handler, key, { ...asked, ...more, params })
}
const owner = (row: Row): Asked =>
  row.access === 'ops' ? { caller: { isOps: true } } : as('owner')
const as = (role: string, of = venue): Asked => ({ caller: { venues: { [of]: role as 'viewer' } } })

/** Asks every row and returns those that were answered otherwise. */
async function otherwise(
  some: Row[],
  expected: (row: Row) => number,
  send: (row: Row) => Promise<{ status: number }>,
) {
  expect(some.length).toBeGreaterThan(0)
  const findings: string[] = []
  for (const row of some) {
    const { status } = await send(row)
    if (status !== expected(row)) findings.push(`${row.key}: ${status}, not ${expected(row)}`)
  }
  return findings
}

test('every route is in the matrix', () => {
  expect(rows.map(({ key }) => key).filter((key) => !(key in good))).toEqual([])
})

test('without a token 401, with one that is no caller too', async () => {
  const closed = () => rows.filter(({ access }) => access !== 'public')
  const nobody = [null, 'null', '[]', '{}', 'x', '{"userId":"u","venues":{"v":"admin"}}']
  for (const caller of nobody) {
    const findings = await otherwise(
      closed(),
      () => 401,
      (row) => ask(row, venue, { caller }),
    )
    expect([caller, findings]).toEqual([caller, []])
  }
})

test('a write key may do nothing else in its venue: 403', async () => {
  const findings = await otherwise(
    ofVenues(),
    () => 403,
    (row) => ask(row, venue, { caller: { ingestVenue: venue } }),
  )
  expect(findings).toEqual([])
})

test('while the keys of tokens cannot be read 503', async () => {
  const closed = rows.filter(({ access }) => access !== 'public')
  const more = { caller: null, context: { unavailable: 'keys' } }
  const findings = await otherwise(
    closed,
    () => 503,
    (row) => ask(row, venue, more),
  )
  expect(findings).toEqual([])
})

test.each(roles)('as %s: what the role holds is answered, the rest is 403', async (role) => {
  const may = ({ access }: Row) => roles.indexOf(role) >= roles.indexOf(access as 'viewer')
  const findings = await otherwise(
    ofVenues(),
    (row) => (may(row) ? row.status : 403),
    (row) => ask(row, venue, as(role)),
  )
  expect(findings).toEqual([])
})

test('what is of operations is answered to their tokens alone', async () => {
  const ofOperations = rows.filter(({ access }) => access === 'ops')
  const callers: [Asked, (row: Row) => number][] = [
    [{ caller: { isOps: true } }, (row) => row.status],
    [as('owner'), () => 403],
    [{ caller: { ingestVenue: venue } }, () => 403],
    [{ caller: { venues: {} } }, () => 403],
  ]
  for (const [caller, status] of callers) {
    const findings = await otherwise(ofOperations, status, (row) => ask(row, '', caller))
    expect([caller, findings]).toEqual([caller, []])
  }
})

test('as a role in another venue, another’s write key or operations: 404', async () => {
  const callers: Asked[] = [
    as('owner', foreign),
    { caller: { ingestVenue: foreign } },
    { caller: { isOps: true } },
    { caller: { venues: {} } },
  ]
  for (const caller of callers) {
    const findings = await otherwise(
      ofVenues(),
      () => 404,
      (row) => ask(row, venue, caller),
    )
    expect([caller, findings]).toEqual([caller, []])
  }
})

test('a foreign venue answers to the letter as one that does not exist', async () => {
  for (const row of ofVenues()) {
    for (const role of roles) {
      const [there, nowhere] = [await ask(row, foreign, as(role)), await ask(row, absent, as(role))]
      expect({ key: row.key, ...there }).toEqual({ key: row.key, ...nowhere })
      expect(there.status).toBe(404)
    }
  }
})

test('a name of Object.prototype is not a venue that anybody holds', async () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
    const findings = await otherwise(
      ofVenues(),
      () => 404,
      (row) => ask(row, name, as('owner')),
    )
    expect([name, findings]).toEqual([name, []])
  }
})

test('a field in the query that a route does not know is refused with its name', async () => {
  for (const name of ['venue_id', 'limit ', 'role', 'constructor', 'a[$ne]', 'is_public']) {
    for (const row of rows) {
      const query = { ...good[row.key]?.query, [name]: '1' }
      const { status, body } = await ask(row, venue, { ...owner(row), query })
      expect([row.key, name, status]).toEqual([row.key, name, 400])
      expect(body.issues).toContainEqual(
        expect.objectContaining({ path: name, code: 'unknown_field' }),
      )
    }
  }
})

test('a field that is in the query twice is refused with its name', async () => {
  for (const row of rows) {
    const { status, body } = await ask(row, venue, { ...owner(row), search: 'limit=1&x=1&limit=2' })
    expect([row.key, status, body.issues]).toEqual([
      row.key,
      400,
      [{ path: 'limit', code: 'invalid', message: 'limit is there twice' }],
    ])
  }
})

test('an address that is nobody’s, or a method that it does not have, is 404', async () => {
  const found = await httpFunctions()
  const { handler } = found.find(({ name }) => name === 'notFound') ?? {}
  if (!handler) throw new Error('no function for the default route')
  expect((await request(handler, '$default', { caller: null })).status).toBe(404)
  for (const { handler: other } of found) {
    for (const key of ['DELETE /v1/metrics', 'constructor', '__proto__', '$default']) {
      expect((await request(other, key)).status).toBe(404)
    }
  }
})

test('a GET is answered with 304 to whoever has it already', async () => {
  // how long the stores took to answer is never the same
  const steady = rows.filter(({ key }) => key.startsWith('GET ') && key !== 'GET /ready')
  for (const row of steady) {
    const first = await ask(row, venue, owner(row))
    const { etag = '' } = first.headers
    expect([row.key, first.status, etag]).toEqual([row.key, 200, expect.stringMatching(/^".+"$/)])
    for (const condition of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const again = await ask(row, venue, {
        ...owner(row),
        headers: { 'If-None-Match': condition },
      })
      expect([row.key, condition, again.status]).toEqual([row.key, condition, 304])
      expect(again.headers.etag).toBe(etag)
    }
    const changed = await ask(row, venue, { ...owner(row), headers: { 'if-none-match': '"x"' } })
    expect([row.key, changed.status]).toEqual([row.key, 200])
  }
})

test('what a foreign caller was refused has changed nothing', async () => {
  const row = rows.find(({ key }) => key === 'GET /v1/venues/{venueId}/settings') as Row
  const before = await ask(row, foreign, as('owner', foreign))
  for (const write of rows.filter(({ key }) => !key.startsWith('GET '))) {
    await ask(write, foreign, as('owner'))
    await ask(write, foreign, as('viewer', foreign))
    await ask(write, foreign, { caller: null })
  }
  expect(await ask(row, foreign, as('owner', foreign))).toEqual(before)
})

// Last, because the addresses stay changed.
test('with the writer away every read of a venue is answered as before, by a reader that takes no write', async () => {
  const asOwner = async (row: Row) => {
    const { status, body } = await ask(row, venue, as('owner'))
    const { asOf, ...lasting } = Object(body)
    return { key: row.key, status, lasting }
  }
  const writing = new Set<string>()
  for (const row of ofVenues()) {
    const stop = observeStatements(
      (text) => text.startsWith('begin read write') && writing.add(row.key),
    )
    await asOwner(row)
    stop()
  }
  const isRead = ({ key }: Row) => key.startsWith('GET ') || key.endsWith('/query')
  const reads = ofVenues().filter(isRead)
  expect(reads.map(({ key }) => key).filter((key) => writing.has(key))).toEqual([])
  expect(writing).toContain('PUT /v1/venues/{venueId}/settings')
  const before = []
  for (const row of reads) before.push(await asOwner(row))

  const settings = config('postgres')
  const reader = new URL(settings.DATABASE_URL)
  reader.searchParams.set('default_transaction_read_only', 'on')
  await closePostgres()
  Object.assign(settings, {
    DATABASE_READER_URL: reader.href,
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    DATABASE_JOB_URL: 'postgres://nobody@127.0.0.1:1/none',
  })
  const after = []
  for (const row of reads) after.push(await asOwner(row))
  expect(after).toEqual(before)
  for (const row of ofVenues().filter(({ key }) => writing.has(key))) {
    const { status, text } = await ask(row, venue, as('owner'))
    expect([row.key, status, text]).toEqual([row.key, 503, expect.stringContaining('postgres')])
  }
  expect(await deliver(event(venue, 'page.viewed', { data: { url_path: '/' } }))).toHaveLength(1)
  await expect(
    readTenant(venue, (tx) => tx`update venues set name = 'x' where venue_id = ${venue}`),
  ).rejects.toMatchObject({ code: '25006' })
})
