import { MongoClient } from 'mongodb'
import { redis } from '../../../lib/clients/redis.ts'
import { classes } from '../../../lib/retention/classes.ts'
import { withSql } from '../../support/databases.ts'
import { paid, unique } from '../../support/events.ts'
import { closeStores, deliver } from '../../support/service.ts'

afterAll(closeStores)

/** What bounds each table, or why nothing does. A new table is a failing test until it is here. */
const tables: Record<string, string> = {
  quarantine: 'class quarantine',
  intake: 'class intake',
  unattributed_quarantine: '13 months from receipt',
  job_runs: '90 days',
  idempotency_keys: '24 hours',
  windows: 'a minute for 1 h, five for 24 h, an hour for 7 days; days and longer are numbers',
  raw_outbox: 'until Mongo has the copy',
  inbox: 'for ever: an event that comes again after years counts once',
  ledger: 'for ever: the numbers',
  series: 'for ever: the dimensions of the ledger',
  buckets: 'for ever: sums of the ledger',
  show_totals: 'for ever: sums of the ledger, a row for each show and currency',
  recorded_values: 'for ever: the numbers of own metrics',
  order_events: 'for ever: no cancellation is too late for its order',
  ticket_entries: 'for ever: a ticket enters its show once',
  shows: 'for ever: a row for each show',
  venues: 'a row for each venue',
  aggregations: 'a row for each venue',
  told_counts: 'the latest of each show and day that the platform tells of',
  carts: '7 days after they were paid or abandoned',
  audit_runs: 'for ever: a row for each night and request, the proof of the numbers',
  audit_findings: 'for ever: at most a thousand a store and run, none where nothing is wrong',
  counter_resets: 'a row for each venue and name that was ever set back by hand',
  retention: 'a row for each venue',
  exports: '400 days; its file 7',
  inventory_told: 'for ever: files of counts are of any moment',
  report_schedules: 'at most a hundred for each venue',
  report_runs: '400 days, and no longer than their schedule',
  contact_points: 'at most two hundred for each venue',
  alerts: 'at most five hundred for each venue',
  alert_states: 'a row for each group of an alert that is known, until it is unseen for long',
  alert_ticks: 'a row for each venue',
  alert_instances: '400 days after they were resolved',
  alert_history: 'as their instances',
  escalation_policies: 'at most a hundred for each venue',
  silences: 'at most five hundred for each venue that are not over, the others 400 days',
  mute_windows: 'at most a hundred for each venue',
  messages: '90 days',
  message_attempts: 'as their messages',
  message_templates: 'a row for each template and language',
  notification_preferences: 'a row for each person who ever said how to be reached',
  venue_members: 'a row for each person who ever had a schedule in a venue',
  socket_tickets: 'a minute, and the next tick',
  connections: 'until the socket ends, 2 h 10 min at most',
  subscriptions: 'until the socket ends',
  channels: 'a row for each channel that was ever watched: its seq never starts again',
  announcements: 'a row for each venue',
  migrations: 'a row for each step',
}

const collections: Record<string, string> = {
  raw_events: 'class rawEvents',
  event_analytics: 'for ever: a document for each show',
  migrations: 'a document for each step',
}

test('every table has a bound or a reason', async () => {
  const found = await withSql(
    process.env.DATABASE_OWNER_URL ?? '',
    (sql) => sql<{ name: string }[]>`
      select relname as name from pg_class
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
  )
  expect(found.map(({ name }) => name).sort()).toEqual(Object.keys(tables).sort())
})

test('every collection has a bound or a reason', async () => {
  const found = await withMongo(async (client) => {
    const all = await client.db().listCollections().toArray()
    return all.map(({ name }) => name).filter((name) => !name.startsWith('system.'))
  })
  expect(found.sort()).toEqual(Object.keys(collections).sort())
})

test('every key in Redis ends by itself', async () => {
  await deliver(paid(unique('v'), { occurred_at: new Date().toISOString() }))
  const [, keys] = (await redis().scan('0', { match: '*live*', count: 100_000 })) as [
    string,
    string[],
  ]
  expect(keys.length).toBeGreaterThan(0)
  const lives = await Promise.all(keys.map((key) => redis().ttl(key)))
  expect(keys.filter((_, i) => (lives[i] ?? -1) < 0)).toEqual([])
})

test('each class is deleted by an index, and its job may', async () => {
  for (const { place } of Object.values(classes)) {
    if (!('table' in place)) continue
    const { table, column } = place
    const [told] = await withSql(
      process.env.DATABASE_OWNER_URL ?? '',
      (sql) => sql<{ may: boolean; indexed: boolean }[]>`
        select has_table_privilege('turnout_job', ${table}, 'delete') as may,
               exists (select from pg_indexes
                        where tablename = ${table}
                          and indexdef ~ ${`\\(venue_id, ${column}\\M`}) as indexed`,
    )
    expect({ table, ...told }).toEqual({ table, may: true, indexed: true })
  }
})

test('raw copies of a venue are found by an index of their receipt; the expiry is beyond all policies', async () => {
  const plan = await withMongo(async (client) => {
    const raw = client.db().collection('raw_events')
    const indexes = await raw.indexes()
    expect(indexes.find(({ name }) => name === 'by_receipt')?.key).toEqual({
      venue_id: 1,
      received_at: 1,
    })
    const { expireAfterSeconds } = indexes.find(({ name }) => name === 'expiry') ?? {}
    expect(expireAfterSeconds).toBe(85 * 31 * 24 * 3600)
    const filter = { $and: [{ venue_id: 'v' }, { received_at: { $lt: new Date() } }] }
    return raw.find(filter).project({ _id: 1 }).limit(1000).explain()
  })
  // MongoDB calls it IXSCAN, the DocumentDB engine Index Scan.
  expect(JSON.stringify(plan)).toMatch(/"(IXSCAN|(Bitmap )?Index Scan)".*"by_receipt"/)
  expect(JSON.stringify(plan)).not.toMatch(/"(COLLSCAN|Seq Scan|Sort)"/)
})

async function withMongo<T>(work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await new MongoClient(process.env.MONGODB_URI ?? '').connect()
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}
