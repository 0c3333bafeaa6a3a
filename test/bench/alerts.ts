import { Rule } from '../../lib/alerts/rule.ts'
import { ownQueue } from '../oracle/own-queue.ts'
import { migratedDatabase, withSql } from '../support/databases.ts'
import { delivery } from '../support/events.ts'
import type { Drained } from './alerts-worker.ts'
import { startChild } from './children.ts'
import { median, type Options, type Section, section } from './section.ts'
import { trafficOf } from './traffic.ts'

/** As many instances as the queue may have at once (serverless.yml). */
const instances = 5
const venues = Array.from({ length: 200 }, (_, i) => `venue-${i}`)
const minuteMs = 60_000

const questions = [
  { query: { metric: 'tickets_sold', window: '1h' }, condition: { op: 'gt', value: 10 } },
  { query: { metric: 'tickets_sold', window: '1h' }, condition: { op: 'lt', value: 1 } },
  {
    query: { metric: 'gross_revenue', window: '1h', groupBy: ['event'] },
    condition: { op: 'gt', value: 1e9 },
  },
  {
    query: { metric: 'net_revenue', window: '1d' },
    condition: { op: 'change_pct_lt', value: -50, compare: 'same_weekday' },
  },
  { query: { metric: 'data_age_seconds', window: '1m' }, condition: { op: 'gt', value: 900 } },
]
const rules = questions.map((one, i) => Rule.parse({ name: `Rule ${i}`, ...one }))

/** A tick over 1,000 rules of 200 venues, of which each has one that fires. */
export async function benchAlerts({ isQuick }: Options): Promise<Section> {
  const database = await migratedDatabase()
  const queue = await ownQueue()
  const environment = {
    DATABASE_URL: database.app,
    DATABASE_JOB_URL: database.job,
    EVALUATE_ALERTS_QUEUE_URL: queue.url,
  }
  const feeder = startChild('ingest-worker.ts', environment)
  const workers = Array.from({ length: instances }, () =>
    startChild('alerts-worker.ts', environment),
  )
  const now = Date.now()
  const messages = venues.map((venueId) => trafficOf(venueId, 20, now, 1))
  const deliveries = Array.from({ length: messages.length / 10 }, (_, i) =>
    delivery(...messages.slice(i * 10, i * 10 + 10)),
  )
  await feeder.call('ingest', deliveries)
  await addRules(database.admin)
  const seconds: number[] = []
  const worked: number[] = []
  const statements: number[] = []
  for (let tick = 0; tick <= (isQuick ? 2 : 5); tick += 1) {
    const startedAt = Date.now()
    const named = await workers[0]?.call<number>('fanOut', now + tick * minuteMs)
    const done = await Promise.all(workers.map((one) => one.call<Drained>('drain')))
    const count = done.reduce((sum, one) => sum + one.venues, 0)
    if (named !== venues.length || count !== venues.length) {
      throw new Error(`${named} venues were named and ${count} done, not ${venues.length}`)
    }
    seconds.push((Math.max(...done.map(({ lastAt }) => lastAt)) - startedAt) / 1000)
    worked.push(Math.max(...done.map(({ workedMs }) => workedMs)) / 1000)
    statements.push(done.reduce((sum, one) => sum + one.statements, 0) / count)
  }
  await requireInstances(database.admin)
  for (const child of [feeder, ...workers]) child.stop()
  await queue.delete()
  return section(
    'A tick over 1,000 rules of 200 venues',
    [
      { what: 'from the clock to the last venue', unit: 's', runs: seconds, target: { most: 10 } },
      { what: 'at work, the busiest instance', unit: 's', runs: worked },
    ],
    [
      `Five rules a venue, four questions; one fires at the first tick; ${instances} instances of the worker. Venues begin some seconds after each other.`,
      `Statements a venue: ${median(statements).toFixed(1)}, begin and commit of both transactions included.`,
    ],
  )
}

const addRules = (url: string) =>
  withSql(
    url,
    (sql) => sql`
      insert into alerts (venue_id, once_id, created_by, name, severity, rule, enabled)
      select v, r ->> 'name', 'bench', r ->> 'name', r ->> 'severity', r, true
        from jsonb_array_elements_text(${JSON.stringify(venues)}::text::jsonb) v
       cross join jsonb_array_elements(${JSON.stringify(rules)}::text::jsonb) r`,
  )

/** Throws unless each venue has one instance, and every rule was evaluated. */
async function requireInstances(url: string): Promise<void> {
  const [row] = await withSql(
    url,
    (sql) => sql<{ instances: number; venues: number; left: number }[]>`
      select (select count(*)::int from alert_instances) as instances,
             (select count(distinct venue_id)::int from alert_instances) as venues,
             (select count(*)::int from alerts where evaluated_at is null or health = 'error') as left`,
  )
  if (row?.instances !== venues.length || row.venues !== venues.length || row.left > 0) {
    throw new Error(`not every rule was evaluated: ${JSON.stringify(row)}`)
  }
}
