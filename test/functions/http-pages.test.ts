import { handler as events } from '../../functions/http/events.ts'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { cursorOf, listOf, readCursor } from '../../lib/paging.ts'
import { paid, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const list = (venueId: string, query: Record<string, string>) =>
  request(events, 'GET /v1/venues/{venueId}/events', {
    caller: { venues: { [venueId]: 'viewer' } },
    params: { venueId },
    query,
  })

const idOf = (i: number) => `show-${String(i).padStart(6, '0')}`

/** Puts shows of these numbers into the store, as ingests of many months have. */
const addShows = (venueId: string, from: number, to: number, step: number) =>
  withTenant(
    venueId,
    (tx) => tx`
      insert into shows (venue_id, show_id, name)
      select ${venueId}, 'show-' || lpad(i::text, 6, '0'), 'Show ' || i
        from generate_series(${from}::int, ${to}::int, ${step}::int) as i`,
  )

test('of 10,000 rows none is missing and none twice while others are added', async () => {
  const venue = unique('v')
  const there = Array.from({ length: 10_000 }, (_, i) => idOf(i * 10))
  await addShows(venue, 0, 99_990, 10)
  let isDone = false
  // Adds shows between those that are there, before and behind the page that is read.
  const adding = (async () => {
    for (let round = 1; !isDone && round < 10; round += 1) {
      for (let at = 0; at < 10 && !isDone; at += 1) {
        const from = at * 10_000 + round
        await addShows(venue, from, from + 9990, 10)
      }
    }
  })()
  const found: string[] = []
  let cursor: string | null = null
  do {
    const query: Record<string, string> = { limit: '500', ...(cursor && { cursor }) }
    const { status, body } = await list(venue, query)
    expect(status).toBe(200)
    found.push(...body.items.map((show: { eventId: string }) => show.eventId))
    cursor = body.nextCursor
  } while (cursor)
  isDone = true
  await adding
  expect(found.length).toBeGreaterThan(10_000)
  expect(new Set(found).size).toBe(found.length)
  expect(found).toEqual([...found].sort())
  const seen = new Set(found)
  expect(there.filter((id) => !seen.has(id))).toEqual([])
})

test('a cursor is of one venue, one list and one filter, whatever the page’s size', () => {
  const quarantine = { code: 'invalid', type: 'order.paid', limit: 10 }
  const given = cursorOf('v-1', listOf('quarantine', quarantine), '2026-06-01 7')
  const read = (venueId: string, name: string, filter: Record<string, unknown>) =>
    readCursor(venueId, listOf(name, filter), given)
  expect(read('v-1', 'quarantine', { ...quarantine, limit: 99, cursor: given })).toBe(
    '2026-06-01 7',
  )
  expect(read('v-1', 'quarantine', { type: 'order.paid', code: 'invalid' })).toBe('2026-06-01 7')
  const others: [string, string, Record<string, unknown>][] = [
    ['v-2', 'quarantine', quarantine],
    ['v-1', 'letters', quarantine],
    ['v-1', 'quarantine', { ...quarantine, code: 'too_large' }],
    ['v-1', 'quarantine', { code: 'invalid' }],
    ['v-1', 'quarantine', {}],
  ]
  for (const [venueId, name, filter] of others) {
    expect(() => read(venueId, name, filter)).toThrow('not one of this list')
  }
})

test('a cursor of a table is not one of a list, nor of another table', async () => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue, { event_ref: { event_id: 'show-2' } }))
  const asked = {
    measures: ['orders'],
    dimensions: ['event'],
    time: { from: '2026-06-01', to: '2026-07-01' },
  }
  const table = (body: object) =>
    request(metrics, 'POST /v1/venues/{venueId}/query', {
      caller: { venues: { [venue]: 'viewer' } },
      params: { venueId: venue },
      body: { ...asked, limit: 1, ...body },
    })
  const { nextCursor } = (await table({})).body
  const shows = (await list(venue, { limit: '1' })).body.nextCursor
  const answers = [
    await list(venue, { cursor: nextCursor }),
    await table({ cursor: shows }),
    await table({ cursor: nextCursor, measures: ['tickets_sold'] }),
    await table({ cursor: nextCursor, order: [{ by: 'orders', dir: 'desc' }] }),
    await table({ cursor: 'x'.repeat(1001) }),
  ]
  for (const { status, body } of answers) {
    expect([status, body.issues[0].path]).toEqual([400, 'cursor'])
  }
  expect((await table({ cursor: nextCursor })).status).toBe(200)
})
