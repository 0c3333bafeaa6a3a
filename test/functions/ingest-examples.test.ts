import { handler as shows } from '../../functions/http/events.ts'
import { handler as ingest } from '../../functions/http/ingest.ts'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { handler as settings } from '../../functions/http/settings.ts'
import { readTenant } from '../../lib/clients/postgres.ts'
import { registry } from '../../lib/events/registry.ts'
import { unique } from '../support/events.ts'
import { type HttpHandler, request } from '../support/http.ts'
import { countArrived } from '../support/ingested.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores, total } from '../support/service.ts'

const venue = unique('v')
const examples = [...registry.values()].map(({ example }) => ({ ...example, venue_id: venue }))

beforeAll(async () => {
  const queue = await ownQueue()
  const { body } = await request(ingest, 'POST /v1/ingest/events', {
    caller: { ingestVenue: venue },
    body: examples,
  })
  expect(body).toEqual({ accepted: 21, rejected: [] })
  await countArrived(queue)
})
afterAll(closeStores)

const read = (handler: HttpHandler, route: string, params: Record<string, string> = {}) =>
  request(handler, `GET /v1/venues/{venueId}/${route}`, {
    caller: { venues: { [venue]: 'viewer' } },
    params: { venueId: venue, ...params },
  })

test('the example of every type is taken, and nothing of it is quarantined', async () => {
  const [known, refused] = await readTenant(venue, async (tx) => [
    await tx<{ id: string }[]>`select event_id as id from inbox where venue_id = ${venue}`,
    await tx`select quarantine_id from quarantine where venue_id = ${venue}`,
  ])
  const sent = [...registry.values()].map(({ example }) => example.event_id)
  expect(known?.map(({ id }) => id).sort()).toEqual(sent.sort())
  expect(refused).toEqual([])
})

// One order of two tickets, a half of it cancelled and given back, the dispute over it won.
test.each([
  ['orders', 1],
  ['tickets_sold', 2],
  ['gross_revenue', 8600],
  ['discounts', 500],
  ['taxes', 728],
  ['fees', 300],
  ['refunds', 4550],
  ['tickets_refunded', 1],
  ['chargebacks', 0],
  ['net_revenue', 4050],
  ['orders_cancelled', 1],
  ['tickets_cancelled', 1],
  ['tickets_net', 1],
  ['unique_buyers', 1],
  ['admissions', 1],
  ['scans_accepted', 1],
  ['page_views', 1],
  ['searches', 1],
  ['carts_abandoned', 1],
])('the examples count: %s is %i', async (metric, expected) => {
  expect(await total(venue, metric)).toBe(expected)
})

test('the examples tell of a show, of the venue and of a metric of its own', async () => {
  const show = await read(shows, 'events/{eventId}', { eventId: 'e1' })
  expect(show.body).toMatchObject({ name: 'Hamlet', capacity: 400, status: 'on_sale' })
  const { body } = await read(settings, 'settings')
  expect(body).toMatchObject({ name: 'Palace Theatre', dayStart: '06:00', currency: 'USD' })
  const latest = await read(metrics, 'metrics/{metric}/latest', { metric: 'bar_sales' })
  expect(latest.body).toMatchObject({ value: 12.5, unit: 'EUR' })
})
