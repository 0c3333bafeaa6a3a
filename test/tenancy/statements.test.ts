import { handler as audits } from '../../functions/http/audits.ts'
import { handler as quality } from '../../functions/http/data-quality.ts'
import { handler as events } from '../../functions/http/events.ts'
import { handler as stats } from '../../functions/http/ingest-stats.ts'
import { handler as metrics } from '../../functions/http/metrics.ts'
import { handler as quarantine } from '../../functions/http/quarantine.ts'
import { handler as realtime } from '../../functions/http/realtime.ts'
import { handler as retention } from '../../functions/http/retention.ts'
import { handler as settings } from '../../functions/http/settings.ts'
import { handler as windows } from '../../functions/http/windows.ts'
import { auditVenue } from '../../lib/audit/audit.ts'
import { observeStatements, withTenantJob } from '../../lib/clients/postgres.ts'
import { catalogue } from '../../lib/metrics/catalogue.ts'
import { catchUp } from '../../lib/operations/catch-up.ts'
import { aggregateVenue } from '../../lib/windows/aggregate.ts'
import { ownQueue } from '../oracle/own-queue.ts'
import { backdate } from '../support/aged.ts'
import { useAlerts } from '../support/alerts.ts'
import { withSql } from '../support/databases.ts'
import { event, paid, unique } from '../support/events.ts'
import { deliverMessages } from '../support/ingested.ts'
import { useReports } from '../support/reports.ts'
import { call, closeStores, deliver } from '../support/service.ts'
import { readSources } from '../support/source.ts'
import { type TieCheck, tieCheckOf } from '../support/unbound.ts'
import { fillVenue } from '../support/venue.ts'

let queue: Awaited<ReturnType<typeof ownQueue>>
let tables: string[]
let check: TieCheck

beforeAll(async () => {
  tables = await withSql(process.env.DATABASE_OWNER_URL ?? '', async (sql) => {
    const rows = await sql<{ name: string }[]>`
      select c.relname as name
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'venue_id'
       where c.relnamespace = 'public'::regnamespace
         and c.relkind in ('r', 'v', 'p')
       order by 1`
    return rows.map(({ name }) => name)
  })
  check = tieCheckOf(tables)
  queue = await ownQueue()
  process.env.EVENTS_QUEUE_URL = queue.url
})
afterAll(async () => {
  await queue.delete()
  await closeStores()
})

const base = '/v1/venues/{venueId}/ingest/quarantine'

test('the check finds a statement that forgets its venue', () => {
  const { unbound } = check
  expect(unbound('select name from shows where show_id = $1')).toHaveLength(1)
  expect(unbound('delete from buckets b where b.tier = $1')).toHaveLength(1)
  expect(unbound('insert into inbox (event_id) values ($1)')).toHaveLength(1)
  expect(
    unbound(
      'select 1 from ledger l join series s on s.series_id = l.series_id where l.venue_id = $1',
    ),
  ).toHaveLength(1)
  const joined = 'select 1 from ledger l join series s on s.venue_id = l.venue_id where l.at > $1'
  expect(unbound(joined)).toHaveLength(2)
  const inner = 'select 1 from shows where venue_id = $1 and exists (select from windows)'
  expect(unbound(inner)).toHaveLength(1)
  expect(unbound('select 1 from shows s where s.venue_id = $1')).toEqual([])
  const correlated =
    'select 1 from shows s where s.venue_id = $1 and exists (select from windows w where w.venue_id = s.venue_id)'
  expect(unbound(correlated)).toEqual([])
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
    event(venueId, 'inventory.snapshot', {
      occurred_at: new Date().toISOString(),
      data: { currency: 'USD', items: [] },
    }),
    event(venueId, 'venue.updated', { data: { timezone: 'Asia/Tokyo', currency: 'JPY' } }),
    event(venueId, 'metric.recorded', { data: { name: 'queue_length', value: 7 } }),
    event(venueId, 'event.updated', {
      data: { name: 'Hamlet', starts_at: '2099-07-01T19:30:00Z', timezone: 'UTC', status: 'on' },
    }),
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
  const now = 'GET /v1/venues/{venueId}/realtime'
  await call(realtime, now, asked)
  for (const name of ['orders', 'queue_length', 'inside', 'sold']) {
    const params = { venueId, name, metric: name }
    await call(realtime, `${now}/{metric}`, { ...asked, params })
    await call(realtime, `${now}/counters/{name}`, { ...asked, params })
    await call(realtime, `POST /v1/venues/{venueId}/realtime/counters/{name}/reset`, {
      ...asked,
      params,
    })
    await call(realtime, `${now}/counters/{name}`, { ...asked, params })
    await call(realtime, `${now}/gauges/{name}`, { ...asked, params })
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
  await fillVenue(venueId)
  const explained = { from: '2026-06-01', to: '2026-06-03' }
  const filters: Record<string, string>[] = [{}, { 'filter[ticket_type]': 'stalls' }]
  for (const extra of filters) {
    const query = { ...explained, ...extra, limit: '1' }
    const route = 'GET /v1/venues/{venueId}/metrics/{metric}/explain'
    await call(metrics, route, { ...asked, params: { venueId, metric: 'orders' }, query })
  }
  await aggregateVenue(venueId)
  // In each store something is wrong, so that it is mended.
  await withTenantJob(venueId, async (tx) => {
    await tx`update buckets b set orders = 9 where b.venue_id = ${venueId} and orders is not null`
    await tx`update windows w set orders = 9 where w.venue_id = ${venueId} and orders is not null`
    await tx`update show_totals t set orders = 9 where t.venue_id = ${venueId}`
  })
  await auditVenue(venueId, new Date().toISOString().slice(0, 10))
  await call(quality, 'GET /v1/venues/{venueId}/data-quality', asked)
  await call(windows, 'GET /v1/venues/{venueId}/windows', asked)
  await call(audits, 'GET /v1/venues/{venueId}/audit', asked)
  await useReports(venueId)
  await useAlerts(venueId)
  await call(retention, 'PUT /v1/venues/{venueId}/privacy/retention', {
    ...asked,
    headers: { 'if-match': '*' },
    body: { keepMonths: { intake: 1 } },
  })
  await deliver({ venue_id: venueId, type: 'no.such.type', event_id: unique('e') })
  await backdate(venueId, '2020-01-01T00:00:00Z')
  for (const dryRun of [true, false]) {
    const route = 'POST /v1/venues/{venueId}/privacy/retention/run'
    await call(retention, route, { ...asked, body: { dryRun } })
  }
  stop()
  expect(statements.size).toBeGreaterThan(20)
  expect([...statements].flatMap(check.unbound)).toEqual([])
  const survivors = [...statements]
    .flatMap(check.mutants)
    .filter((one) => !check.unbound(one).length)
  expect(survivors).toEqual([])
  // What this test did not send names its venue in the same breath, or is to be sent here.
  const sent = [...statements].map(flat)
  const unsent = piecesOf(tables).filter(({ piece }) => !sent.some((one) => one.includes(piece)))
  const findings = unsent.filter(({ whole }) => check.unbound(whole).length > 0)
  expect(findings.map(({ file, piece }) => `${file}: ${piece}`)).toEqual([])
  const unseen = unsent.flatMap(({ whole }) => check.mutants(whole))
  expect(unseen.length).toBeGreaterThan(0)
  expect(unseen.filter((one) => check.unbound(one).length === 0)).toEqual([])
})

const flat = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** The pieces of the source's statements that name a table of venues, as they are sent. */
function piecesOf(names: string[]) {
  const named = new RegExp(`\\b(?:from|join|into|update|using)\\s+(?:${names.join('|')})\\b`, 'g')
  return readSources('lib').flatMap(({ file, text }) => {
    const code = text.replace(/^\s*(\/\/|\/?\*).*$/gm, '')
    return [...code.matchAll(named)].map(({ index }) => {
      const start = Math.max(code.lastIndexOf('`', index), code.lastIndexOf('}', index)) + 1
      const [piece = ''] = code.slice(start).split(/`|\$\{/)
      const [whole = ''] = code
        .slice(start)
        .replace(/\$\{[^`}]*\}/g, '$0')
        .split('`')
      return { file, piece: flat(piece), whole: flat(whole) }
    })
  })
}
