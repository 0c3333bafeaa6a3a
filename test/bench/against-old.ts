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

// What the old service must record for the numbers that ours then answers, by type of event.
const metricsOf: Record<string, string[]> = {
  'order.paid': ['orders', 'tickets', 'revenue', 'fees'],
  'ticket.scanned': ['scans', 'inside', 'admissions'],
}

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
    [1000, 4],
  ] as const) {
    const children = Array.from({ length: venues }, () =>
      startChild('ingest-worker.ts', { DATABASE_URL: ours.app }, ...noArchive),
    )
    const sql = postgres(old.admin, { max: venues, onnotice: () => {} })
    const rates = { ours: [] as number[], single: [] as number[], each: [] as number[] }
    // The first run warms up.
    for (let run = 0; run <= (isQuick ? 2 : 5); run += 1) {
      const events = Array.from({ length: venues }, (_, i) => freshEvents(`venue-${i}`, 4000))
      const work = events.map((own) => deliveriesOf(own, size))
      // A few are enough: it takes each as long as the one before.
      const few = events.map((own) => own.slice(0, isQuick ? 200 : 400))
      const before = (isEach: boolean) =>
        Promise.all(few.map((own) => ingestAsBefore({ sql, redis }, own, isEach)))
      const measured: [number[], number, () => Promise<unknown>][] = [
        [
          rates.ours,
          4000,
          () => Promise.all(children.map((one, i) => one.call<Run>('ingest', work[i]))),
        ],
        [rates.single, few[0]?.length ?? 0, () => before(false)],
        [rates.each, few[0]?.length ?? 0, () => before(true)],
      ]
      // In turn and in an order that turns: they are compared.
      for (let i = 0; i < measured.length; i += 1) {
        const [into, count, start] = measured[(i + run) % measured.length] as (typeof measured)[0]
        const seconds = await timed(start)
        if (run > 0) into.push((count * venues) / seconds)
      }
    }
    const what = `${venues} at once, ${size} events a batch`
    const target = { least: 20 }
    const single = { what: 'old, one metric an event', runs: rates.single }
    const each = { what: 'old, each metric of an event', runs: rates.each }
    lines.push({
      what,
      unit: 'events/s',
      runs: rates.ours,
      limit: single,
      ...(size === 1000 && { target }),
    })
    lines.push({ what, unit: 'events/s', runs: rates.ours, limit: each, target })
    for (const child of children) child.stop()
    await sql.end()
  }
  await redis.flushall()
  redis.disconnect()
  return section(
    `Against the old design, ${redisKeys.toLocaleString('en-US')} keys in Redis`,
    lines,
    [
      'Mongo aside. The old service records a metric at a time; for the numbers ours answers it needs up to four of an event.',
      'Old: Redis by TCP, statements prepared. Ours: Redis by REST, statements unprepared.',
    ],
  )
}

async function ingestAsBefore(
  stores: Parameters<typeof recordMetric>[0],
  events: Sent[],
  isEach: boolean,
) {
  // One after the other: so the old service's consumer worked.
  for (const event of events) {
    const types = (isEach && metricsOf[event.type]) || [event.type]
    const dimensions = { event: (event.event_ref as { event_id: string }).event_id }
    for (const metricType of types) {
      await recordMetric(stores, { venueId: event.venue_id, metricType, value: 1, dimensions })
    }
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
