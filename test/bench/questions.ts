import type postgres from 'postgres'
import { type Database, migratedDatabase, withSql } from '../support/databases.ts'
import { bareConnection } from './bare.ts'
import { type Child, startChild } from './children.ts'
import type { Statement } from './ingest-worker.ts'
import type { Asked } from './question-worker.ts'
import { sumsOf, writeSeason } from './season.ts'
import { figure, type Line, type Options, quantile, type Section, section } from './section.ts'

const until = '2026-07-01'
const venueId = 'palace'

// Thirty days by dates, as a dashboard asks; the last one ends in the middle of an evening.
const thirty = { from: '2026-06-01', to: until }
const questions: { what: string; query: Record<string, string>; isAligned?: false }[] = [
  { what: 'whole, no dimension', query: { ...thirty, granularity: 'none' } },
  { what: 'by day, no dimension', query: thirty },
  { what: 'whole, by event', query: { ...thirty, granularity: 'none', group_by: 'event' } },
  { what: 'by day and channel', query: { ...thirty, group_by: 'channel' } },
  {
    what: 'by day, until 20:10:07',
    query: { ...thirty, to: '2026-06-30T20:10:07-04:00' },
    isAligned: false,
  },
]

type Size = { events: number; bare: postgres.Sql; handler: Child }
type Runs = { sql: number[]; handler: number[] }

/** 30-day questions of gross revenue, bare SQL and through the handler, by events of the venue. */
export async function benchQuestions({ isQuick, events }: Options): Promise<Section> {
  const sizes: Size[] = []
  const notes: string[] = []
  // One after the other: filling takes the whole disk.
  for (const count of events) {
    const { database, note } = await fill(count)
    notes.push(note)
    const bare = bareConnection(database.app)
    await bare`select set_config('app.venue_id', ${venueId}, false)`
    sizes.push({
      events: count,
      bare,
      handler: startChild('question-worker.ts', { DATABASE_URL: database.app }),
    })
  }
  const lines: Line[] = []
  for (const { what, query, isAligned = true } of questions) {
    const runs = await runsOf(sizes, { venueId, metric: 'gross_revenue', query }, isQuick ? 3 : 9)
    lines.push(...linesOf(what, sizes, runs, isAligned))
  }
  for (const { bare, handler } of sizes) {
    handler.stop()
    await bare.end()
  }
  return section('30-day questions', lines, [
    'Two years of 1,104 series, 120 of them on a day, and a second venue with a tenth of the events.',
    ...notes,
  ])
}

async function fill(events: number): Promise<{ database: Database; note: string }> {
  const database = await migratedDatabase()
  const startedAt = performance.now()
  const season = { venueId, events, until }
  const note = await withSql(database.admin, async (sql) => {
    await writeSeason(sql, season)
    await writeSeason(sql, { venueId: 'garden', events: events / 10, until })
    await sql`vacuum analyze`
    const sums = await sumsOf(sql, season)
    if (new Set(sums.map(({ gross, scans }) => `${gross} ${scans}`)).size !== 1) {
      throw new Error(`the tiers differ: ${JSON.stringify(sums)}`)
    }
    const rows = sums.map(({ tier, rows }) => `${tier} ${Number(rows).toLocaleString('en-US')}`)
    return `${events.toLocaleString('en-US')} events are rows: ${rows.join(', ')}`
  })
  return {
    database,
    note: `${note}; written in ${figure((performance.now() - startedAt) / 1000)} s`,
  }
}

async function runsOf(sizes: Size[], asked: Asked, rounds: number): Promise<Map<Size, Runs>> {
  const runs = new Map<Size, Runs>(sizes.map((size) => [size, { sql: [], handler: [] }]))
  const statements = new Map<Size, Statement>()
  for (const size of sizes)
    statements.set(size, await size.handler.call<Statement>('planned', asked))
  const askBare = async (size: Size) => {
    const { text, parameters } = statements.get(size) as Statement
    const startedAt = performance.now()
    await size.bare.unsafe(text, parameters as never[])
    return performance.now() - startedAt
  }
  for (let round = 0; round <= rounds; round += 1) {
    // In turn and in an order that turns: they are compared.
    for (const size of round % 2 ? sizes : [...sizes].reverse()) {
      const sql: number[] = []
      for (let i = 0; i < 20; i += 1) sql.push(await askBare(size))
      const handler = await size.handler.call<number[]>('ask', asked, 20)
      if (round === 0) continue
      runs.get(size)?.sql.push(...sql)
      runs.get(size)?.handler.push(...handler)
    }
  }
  return runs
}

function linesOf(what: string, sizes: Size[], all: Map<Size, Runs>, isAligned: boolean): Line[] {
  const [smallest] = sizes
  const named = (events: number) => (events >= 1e6 ? `${events / 1e6} M` : `${events / 1e3} k`)
  return sizes.flatMap((size) => {
    const runs = all.get(size) ?? { sql: [], handler: [] }
    const base = size !== smallest && smallest ? all.get(smallest) : undefined
    const p95 = (values: number[]) => `p95 ${figure(quantile(values, 0.95))}`
    const name = `${what}, ${named(size.events)}`
    const lines: Line[] = [
      {
        what: `${name}: SQL (${p95(runs.sql)})`,
        unit: 'ms',
        runs: runs.sql,
        ...(isAligned && { target: { most: 5 } }),
      },
      {
        what: `${name}: handler (${p95(runs.handler)})`,
        unit: 'ms',
        runs: runs.handler,
        ...(isAligned && { target: { most: 15 } }),
      },
    ]
    if (!base || !smallest) return lines
    const limit = { what: `at ${named(smallest.events)}`, runs: base.sql }
    const grows = { what: `${name}: SQL, growth`, unit: 'ms', runs: runs.sql, limit }
    return [...lines, { ...grows, ...(isAligned && { target: { most: 1.5 } }) }]
  })
}
