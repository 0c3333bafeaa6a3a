import { handler as events } from '../../functions/http/events.ts'
import { handler as stats } from '../../functions/http/ingest-stats.ts'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { handler as quarantine } from '../../functions/http/quarantine.ts'
import { handler as settings } from '../../functions/http/settings.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'
import { catalogue } from '../../lib/metrics/catalogue.ts'
import { catchUp } from '../../lib/operations/catch-up.ts'
import { ownQueue } from '../oracle/own-queue.ts'
import { event, paid, unique } from '../support/events.ts'
import { deliverMessages } from '../support/ingested.ts'
import { call, closeStores, deliver } from '../support/service.ts'

let queue: Awaited<ReturnType<typeof ownQueue>>

beforeAll(async () => {
  queue = await ownQueue()
  process.env.EVENTS_QUEUE_URL = queue.url
})
afterAll(async () => {
  await queue.delete()
  await closeStores()
})

const base = '/v1/venues/{venueId}/ingest/quarantine'

const tables =
  /\b(?:from|join|into|update)\s+(venues|inbox|series|ledger|buckets|order_events|ticket_entries|shows|raw_outbox|quarantine|intake|recorded_values|idempotency_keys)\b(?:\s+(?:as\s+)?(?!where|set|on|join|order|group|select|values|cross|left)(\w+))?/g

/** The tables that a statement reads or writes without saying of which venue. */
function unbound(statement: string): string[] {
  const text = statement.replace(/\s+/g, ' ')
  return [...text.matchAll(tables)].flatMap(([, table = '', alias]) => {
    const name = alias ? `${alias}\\.` : `(?<!\\.)(${table}\\.)?`
    const isInserted = new RegExp(`into ${table}( as \\w+)? \\(venue_id\\b`).test(text)
    const side = `\\b${name}venue_id`
    const isCompared = new RegExp(`${side} = (\\(select )?(\\$|\\w+\\.)|= ${side}`).test(text)
    return isInserted || isCompared ? [] : [`${table}: ${text.slice(0, 160)}`]
  })
}

test('the check finds a statement that forgets its venue', () => {
  expect(unbound('select name from shows where show_id = $1')).toHaveLength(1)
  expect(unbound('delete from buckets b where b.tier = $1')).toHaveLength(1)
  expect(unbound('insert into inbox (event_id) values ($1)')).toHaveLength(1)
  expect(
    unbound(
      'select 1 from ledger l join series s on s.series_id = l.series_id where l.venue_id = $1',
    ),
  ).toHaveLength(1)
  expect(unbound('select 1 from shows s where s.venue_id = $1')).toEqual([])
})

test('every statement about a venue’s rows names the venue', async () => {
  const venueId = unique('v')
  const statements = new Set<string>()
  const stop = observeStatements((statement) => statements.add(statement))
  const asked = { caller: { venues: { [venueId]: 'owner' as const } }, params: { venueId } }
  const scan = { scan_id: unique('s'), ticket_id: 't-1', result: 'ok' }
  await deliver(
    paid(venueId),
    paid(venueId, { occurred_at: new Date().toISOString() }),
    event(venueId, 'ticket.scanned', { data: scan }),
    event(venueId, 'venue.updated', { data: { timezone: 'Asia/Tokyo', currency: 'JPY' } }),
    { venue_id: venueId, type: 'no.such.type', event_id: unique('e') },
  )
  for (const metric of catalogue.keys()) {
    const extras: Record<string, string>[] = [
      {},
      { group_by: 'ticket_type' },
      { asOf: '2026-06-02T00:00:00Z' },
    ]
    for (const extra of extras) {
      const query = { from: '2026-06-01', to: '2026-06-03', granularity: 'hour', ...extra }
      const route = 'GET /v1/venues/{venueId}/metrics/{metric}'
      const params = { venueId, metric }
      await call(metrics, route, { ...asked, params, query })
    }
  }
  await call(events, 'GET /v1/venues/{venueId}/events', asked)
  const read = await call(settings, 'GET /v1/venues/{venueId}/settings', asked)
  await call(settings, 'PUT /v1/venues/{venueId}/settings', {
    ...asked,
    headers: { 'if-match': String(read.headers.etag), 'idempotency-key': 'k-1' },
    body: { timezone: 'UTC', dayStart: '06:00', currency: 'USD', weekStart: 'sunday' },
  })
  await catchUp()
  const kept = await call(quarantine, `GET ${base}`, asked)
  const [{ id: quarantineId }] = kept.body.items
  await call(quarantine, `GET ${base}/{quarantineId}`, {
    ...asked,
    params: { venueId, quarantineId },
  })
  await call(quarantine, `POST ${base}/replay`, { ...asked, body: { ids: [quarantineId] } })
  await deliverMessages(await queue.receive(1))
  await call(stats, 'GET /v1/venues/{venueId}/ingest/stats', asked)
  stop()
  expect(statements.size).toBeGreaterThan(20)
  expect([...statements].flatMap(unbound)).toEqual([])
})
