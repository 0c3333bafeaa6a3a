import { type Database, migratedDatabase, withSql } from '../support/databases.ts'
import { bareConnection, replay } from './bare.ts'
import { type Child, startChild } from './children.ts'
import type { Run, Statement } from './ingest-worker.ts'
import { type Line, type Options, type Section, section } from './section.ts'
import { freshDeliveries } from './traffic.ts'

const noArchive = ['--import', './test/bench/no-archive.mjs']
const venueId = 'palace'

type Bench = {
  bare: ReturnType<typeof bareConnection>
  /** The handler without and with the copy into Mongo, and one that only records statements. */
  handler: Child
  archiving: Child
  recorder: Child
}

/**
 * The ingest handler against its own statements: each batch goes through the handler into one
 * database, and its statements, recorded before, straight into another. Both must end up equal.
 */
export async function benchIngest({ isQuick }: Options): Promise<Section> {
  const [own, archived, recorded, replayed] = (await Promise.all(
    Array.from({ length: 4 }, migratedDatabase),
  )) as [Database, Database, Database, Database]
  const bench: Bench = {
    bare: bareConnection(replayed.app),
    handler: startChild('ingest-worker.ts', { DATABASE_URL: own.app }, ...noArchive),
    archiving: startChild('ingest-worker.ts', { DATABASE_URL: archived.app }),
    recorder: startChild('ingest-worker.ts', { DATABASE_URL: recorded.app }, ...noArchive),
  }
  const lines: Line[] = []
  const cpu: string[] = []
  // One size after the other: they share the processors.
  for (const size of [10, 100, 1000]) {
    const { taken, seconds } = await roundsOf(bench, size, isQuick)
    const rate = ({ seconds }: Run) => taken.events / seconds
    lines.push({
      what: `handler, ${size} events a batch, Mongo aside`,
      unit: 'events/s',
      runs: taken.handler.map(rate),
      limit: { what: 'its statements, bare', runs: seconds.map((one) => taken.events / one) },
      ...(size === 100 && { target: { least: 0.7 } }),
    })
    lines.push({
      what: `handler, ${size} events a batch, with Mongo`,
      unit: 'events/s',
      runs: taken.archiving.map(rate),
      limit: { what: 'Mongo aside', runs: taken.handler.map(rate) },
    })
    const ms = taken.handler.map((one) => (one.cpuSeconds / taken.batches) * 1000)
    cpu.push(`${size}: ${(ms.sort((a, b) => a - b)[ms.length >> 1] ?? 0).toFixed(1)} ms`)
  }
  await requireEqual(own, replayed)
  await bench.bare.end()
  for (const child of [bench.handler, bench.archiving, bench.recorder]) child.stop()
  return section('Ingest handler against the statements it issues', lines, [
    `CPU of the handler's process for a batch, Mongo aside: ${cpu.join(' · ')}`,
    'One connection each, statements unprepared as behind a pooler, Redis and the log line included.',
  ])
}

async function roundsOf(
  { bare, handler, archiving, recorder }: Bench,
  size: number,
  isQuick: boolean,
) {
  const batches = { 10: 40, 100: 20, 1000: 4 }[size] ?? 20
  const count = isQuick ? 3 : 9
  const taken = { events: batches * size, batches, handler: [] as Run[], archiving: [] as Run[] }
  const seconds: number[] = []
  // The first round warms up and is not counted. The order turns, so that no one is always first.
  for (let round = 0; round <= count; round += 1) {
    const deliveries = freshDeliveries(venueId, batches, size)
    const statements = await recorder.call<Statement[][]>('record', deliveries)
    const runs: (() => Promise<void>)[] = [
      async () => keep(taken.handler, await handler.call<Run>('ingest', deliveries)),
      async () => keep(taken.archiving, await archiving.call<Run>('ingest', deliveries)),
      async () => keep(seconds, await replay(bare, statements)),
    ]
    const keep = <T>(into: T[], one: T) => {
      if (round > 0) into.push(one)
    }
    // In turn: they are compared.
    for (let i = 0; i < runs.length; i += 1) await runs[(i + round) % runs.length]?.()
  }
  return { taken, seconds }
}

/** Throws unless both databases count the same: the bare statements did all of the work. */
async function requireEqual(...databases: Database[]) {
  const told = await Promise.all(
    databases.map((database) =>
      withSql(database.admin, async (sql) => {
        const rows = await sql`
          select (select json_build_array(count(*), sum(gross_revenue), sum(tickets_sold)) from ledger),
                 (select json_agg(t order by tier) from
                   (select tier, count(*), sum(gross_revenue), sum(entries) from buckets group by tier) t),
                 (select count(*) from inbox), (select count(*) from order_events),
                 (select count(*) from ticket_entries)`.values()
        return JSON.stringify(rows)
      }),
    ),
  )
  if (new Set(told).size > 1) throw new Error(`the databases differ: ${told.join(' / ')}`)
}
