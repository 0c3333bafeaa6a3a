import { Redis } from 'ioredis'
import postgres from 'postgres'
import { emptyDatabase, migratedDatabase, withSql } from '../support/databases.ts'
import type { Sent } from '../support/events.ts'
import { startChild } from './children.ts'
import type { Run } from './ingest-worker.ts'
import { createOldTables, fillOldRedis, recordMetric } from './old-design.ts'
import { type Line, type Options, type Section, section } from './section.ts'
import { deliveriesOf, trafficOf } from './traffic.ts'

const noArchive = ['--import', './test/bench/no-archive.mjs']
const redisKeys = 10_000

/**
 * The ingest handler against the old design: the same events of the same venues, as many at once,
 * on the same Postgres server and the same Redis, which holds 10,000 keys of the old service.
 */
export async function benchAgainstOld({ isQuick }: Options): Promise<Section> {
  const [ours, old] = await Promise.all([migratedDatabase(), emptyDatabase()])
  await withSql(old.admin, createOldTables)
  const redis = new Redis(process.env.BENCH_REDIS_URL ?? '')
  await fillOldRedis(redis, redisKeys)
  const lines: Line[] = []
  for (const [size, venues] of [
    [100, 1],
    [1000, 1],
    [100, 4],
    [1000, 4],
  ] as const) {
    const children = Array.from({ length: venues }, () =>
      startChild('ingest-worker.ts', { DATABASE_URL: ours.app }, ...noArchive),
    )
    const sql = postgres(old.admin, { max: venues, onnotice: () => {} })
    const runs: number[] = []
    const oldRuns: number[] = []
    for (let run = 0; run <= (isQuick ? 2 : 5); run += 1) {
      const events = Array.from({ length: venues }, (_, i) => freshEvents(`venue-${i}`, 4000))
      const work = events.map((own) => deliveriesOf(own, size))
      const runOurs = async () => {
        const seconds = await timed(() =>
          Promise.all(children.map((child, i) => child.call<Run>('ingest', work[i]))),
        )
        if (run > 0) runs.push((4000 * venues) / seconds)
      }
      // A few are enough: it takes each as long as the one before.
      const few = isQuick ? 200 : 400
      const runOld = async () => {
        const seconds = await timed(() =>
          Promise.all(events.map((own) => ingestAsBefore({ sql, redis }, own.slice(0, few)))),
        )
        if (run > 0) oldRuns.push((few * venues) / seconds)
      }
      // In turn: they are compared.
      for (const one of run % 2 ? [runOurs, runOld] : [runOld, runOurs]) await one()
    }
    lines.push({
      what: `${venues} at once, ${size} events a batch, Mongo aside`,
      unit: 'events/s',
      runs,
      limit: { what: 'old design', runs: oldRuns },
      target: { least: 20 },
    })
    for (const child of children) child.stop()
    await sql.end()
  }
  await redis.flushall()
  redis.disconnect()
  return section(
    `Against the old design, ${redisKeys.toLocaleString('en-US')} keys in Redis`,
    lines,
    [
      'The old design records one metric for each event; ours books every measure of it in all its dimensions.',
      'Old: Redis by TCP, statements prepared. Ours: Redis by REST, statements unprepared.',
    ],
  )
}

async function ingestAsBefore(stores: Parameters<typeof recordMetric>[0], events: Sent[]) {
  // One after the other: so the old service's consumer worked.
  for (const event of events) {
    await recordMetric(stores, {
      venueId: event.venue_id,
      metricType: event.type,
      value: 1,
      dimensions: { event: (event.event_ref as { event_id: string }).event_id },
    })
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

let seeds = 0

function freshEvents(venueId: string, count: number): Sent[] {
  seeds += 1
  return trafficOf(venueId, count, Date.now(), seeds)
}
