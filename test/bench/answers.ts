import { migratedDatabase, withSql } from '../support/databases.ts'
import { startChild } from './children.ts'
import type { Asked } from './question-worker.ts'
import { writeSeason } from './season.ts'
import { type Line, type Options, type Section, section } from './section.ts'

const until = '2026-07-01'
const venueId = 'palace'
const month = { from: '2026-06-01', to: until }
const years = { from: '2024-07-01', to: until }

const questions: [what: string, metric: string, query: Record<string, string>][] = [
  ['30 days by day', 'gross_revenue', month],
  ['30 days by hour', 'gross_revenue', { ...month, granularity: 'hour' }],
  ['30 days, by event', 'gross_revenue', { ...month, granularity: 'none', group_by: 'event' }],
  ['two years by day', 'gross_revenue', years],
  [
    'two years by month and event',
    'gross_revenue',
    { ...years, granularity: 'month', group_by: 'event' },
  ],
  [
    'a day by minute',
    'gross_revenue',
    { from: '2026-06-29', to: '2026-06-30', granularity: 'minute' },
  ],
  ['30 days of orders by ticket type', 'orders', { ...month, group_by: 'ticket_type' }],
  ['30 days of buyers', 'unique_buyers', { ...month, granularity: 'none' }],
  ['two years of buyers', 'unique_buyers', { ...years, granularity: 'none' }],
  ['30 days as of a week ago', 'gross_revenue', { ...month, asOf: '2026-06-24T00:00:00Z' }],
]

/** What answers cost when Postgres computes them, and when Redis has them. */
export async function benchAnswers({ isQuick, events }: Options): Promise<Section> {
  const lines: Line[] = []
  const rounds = isQuick ? 20 : 100
  for (const count of events) {
    const database = await migratedDatabase()
    await withSql(database.admin, async (sql) => {
      await writeSeason(sql, { venueId, events: count, until })
      await sql`vacuum analyze`
    })
    const redis = startChild('question-worker.ts', { DATABASE_URL: database.app })
    const alone = startChild('question-worker.ts', {
      DATABASE_URL: database.app,
      UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:9',
    })
    for (const [what, metric, query] of questions) {
      const asked: Asked = { venueId, metric, query }
      // The first leaves the answer in Redis, and opens connections.
      for (const child of [redis, alone]) await child.call<number[]>('ask', asked, 3)
      const computed = await alone.call<number[]>('ask', asked, rounds)
      const runs = await redis.call<number[]>('ask', asked, rounds)
      const limit = { what: 'without Redis', runs: computed }
      lines.push({ what: `${what}, ${count} events`, unit: 'ms', runs, limit })
    }
    for (const child of [redis, alone]) child.stop()
  }
  return section('Answers with Redis, and without', lines)
}
