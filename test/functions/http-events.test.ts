import { handler } from '../../functions/http/events.ts'
import { event, paid, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

type Show = { eventId: string; name: string | null }

const list = (venueId: string, query?: Record<string, string>) =>
  request(handler, 'GET /v1/venues/{venueId}/events', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId },
    query,
  })

const one = (venueId: string, eventId: string) =>
  request(handler, 'GET /v1/venues/{venueId}/events/{eventId}', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId, eventId },
  })

const described = (venueId: string, showId: string, name = showId) =>
  event(venueId, 'event.updated', {
    event_ref: { event_id: showId },
    data: { name, starts_at: '2026-07-01T19:30:00-04:00', timezone: 'UTC', status: 'on_sale' },
  })

const number = (i: number) => `show-${String(i).padStart(3, '0')}`

async function everyPage(venueId: string, limit: number, between = async () => {}) {
  const found: string[] = []
  let cursor: string | null = null
  for (let page = 0; page < 100; page += 1) {
    const query = { limit: String(limit), ...(cursor && { cursor }) }
    const { body } = await list(venueId, query as Record<string, string>)
    found.push(...body.items.map((show: Show) => show.eventId))
    cursor = body.nextCursor
    if (!cursor) return found
    await between()
  }
  throw new Error('the pages have no end')
}

test('a venue without shows has an empty list', async () => {
  expect((await list(unique('v'))).body).toEqual({ items: [], nextCursor: null })
})

test('a show is told as it was described, and another venue’s is not found', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  await deliver(described(venue, 'hamlet', 'Hamlet'), paid(other))
  const { status, body } = await one(venue, 'hamlet')
  expect([status, body.name, body.startsAt]).toEqual([200, 'Hamlet', '2026-07-01T23:30:00.000Z'])
  const [foreign, absent] = [await one(other, 'hamlet'), await one(other, 'nothing')]
  expect(foreign.status).toBe(404)
  expect(foreign).toEqual(absent)
})

test('pages have every show once, in order, whatever their size', async () => {
  const venue = unique('v')
  const shows = Array.from({ length: 25 }, (_, i) => number(i))
  await deliver(shows.map((id) => described(venue, id)))
  for (const limit of [1, 2, 5, 24, 25, 26, 1000]) {
    expect([limit, await everyPage(venue, limit)]).toEqual([limit, shows])
  }
})

test('shows added between two pages neither repeat nor hide one', async () => {
  const venue = unique('v')
  const even = Array.from({ length: 20 }, (_, i) => number(2 * i))
  await deliver(even.map((id) => described(venue, id)))
  let added = 0
  const found = await everyPage(venue, 3, async () => {
    // one before the page that was read, one after it
    await deliver(described(venue, `${number(added)}-before`), described(venue, number(39 - added)))
    added += 2
  })
  expect(found.length).toBe(new Set(found).size)
  expect(found).toEqual([...found].sort())
  expect(even.filter((id) => !found.includes(id))).toEqual([])
})

test('a cursor that was altered, or belongs to another venue, is refused', async () => {
  const [venue, other] = [unique('v'), unique('v')]
  for (const each of [venue, other]) {
    await deliver([1, 2, 3].map((i) => described(each, number(i))))
  }
  const { nextCursor } = (await list(venue, { limit: '1' })).body
  const theirs = (await list(other, { limit: '1' })).body.nextCursor
  const [text = '', signature = ''] = nextCursor.split('.')
  const swapped = Buffer.from(number(2)).toString('base64url')
  const bad = [
    theirs,
    `${swapped}.${signature}`,
    `${text}.${signature.slice(0, -1)}`,
    `${text}.${signature}x`,
    `${text}.`,
    text,
    `.${signature}`,
    '.',
    'x'.repeat(1001),
    Buffer.from('{"afterId":"show-000"}').toString('base64url'),
    '',
    'null',
  ]
  for (const cursor of bad) {
    const { status, body } = await list(venue, { limit: '1', cursor })
    expect([cursor, status]).toEqual([cursor, 400])
    expect(body.issues).toContainEqual(expect.objectContaining({ path: 'cursor' }))
  }
  expect((await list(venue, { limit: '2', cursor: nextCursor })).status).toBe(200)
})

test.each(['0', '-1', '1001', '1000000000', '1.5', 'ten', '', '1,2', 'NaN', '1e2x'])(
  'a limit of %j is refused',
  async (limit) => {
    const { status, body } = await list(unique('v'), { limit })
    expect(status).toBe(400)
    expect(body.issues).toContainEqual(expect.objectContaining({ path: 'limit' }))
  },
)

test.each([
  "' or 1=1 --",
  '%',
  '*',
  '../x',
  '\0',
  '\ud800',
  'x'.repeat(5000),
  '{"$gt":""}',
  '__proto__',
])('a show of the odd id %j is not found', async (id) => {
  expect((await one(unique('v'), id)).status).toBe(404)
})

test('the ETag of a list changes with it', async () => {
  const venue = unique('v')
  await deliver(described(venue, 'a', 'First'))
  const first = await list(venue)
  await deliver({ ...described(venue, 'a', 'Second'), occurred_at: '2026-06-02T12:00:00Z' })
  const second = await list(venue)
  expect(second.body.items[0].name).toBe('Second')
  expect(second.headers.etag).not.toBe(first.headers.etag)
})
