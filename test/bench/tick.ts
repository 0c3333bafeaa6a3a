import { ownQueue } from '../oracle/own-queue.ts'
import { migratedDatabase, withSql } from '../support/databases.ts'
import { delivery } from '../support/events.ts'
import { startChild } from './children.ts'
import { median, type Options, type Section, section } from './section.ts'
import { trafficOf } from './traffic.ts'

/** As many instances as the queue may have at once (serverless.yml). */
const instances = 5
const eventsOfVenue = 20

/**
 * A tick over 500 venues that all have new entries: the clock names them in the queue, and the
 * queue's instances make their windows and the documents of their shows.
 */
export async function benchTick({ isQuick }: Options): Promise<Section> {
  const database = await migratedDatabase()
  const queue = await ownQueue()
  const environment = {
    DATABASE_URL: database.app,
    DATABASE_JOB_URL: database.job,
    AGGREGATE_VENUE_QUEUE_URL: queue.url,
  }
  const feeder = startChild('ingest-worker.ts', environment)
  const workers = Array.from({ length: instances }, () => startChild('tick-worker.ts', environment))
  const [clock] = workers
  const venues = Array.from({ length: 500 }, (_, i) => `venue-${i}`)
  const seconds: number[] = []
  const statements: number[] = []
  const first: number[] = []
  // Tick after tick: the first finds venues without windows, each other one new entries.
  for (let tick = 0; tick <= (isQuick ? 2 : 5); tick += 1) {
    await feeder.call('ingest', deliveriesTo(venues, tick))
    const startedAt = performance.now()
    const named = await clock?.call<number>('fanOut')
    const done = await Promise.all(
      workers.map((one) => one.call<{ venues: number; statements: number }>('drain')),
    )
    ;(tick === 0 ? first : seconds).push((performance.now() - startedAt) / 1000)
    const worked = done.reduce((sum, one) => sum + one.venues, 0)
    if (named !== venues.length || worked !== venues.length) {
      throw new Error(`${named} venues were named and ${worked} done, not ${venues.length}`)
    }
    statements.push(done.reduce((sum, one) => sum + one.statements, 0) / worked)
  }
  await requireWhole(database.admin, venues.length)
  for (const child of [feeder, ...workers]) child.stop()
  await queue.delete()
  return section(
    'A tick over 500 venues with new entries',
    [
      { what: 'first tick of all', unit: 's', runs: first, target: { most: 10 } },
      { what: 'tick', unit: 's', runs: seconds, target: { most: 10 } },
    ],
    [
      `${eventsOfVenue} events a venue and tick, of the last hour and 12 shows; ${instances} instances of the worker.`,
      `Statements a venue: ${median(statements).toFixed(1)}, begin and commit included.`,
    ],
  )
}

/** Each message holds the events of a venue, so that a delivery is ten transactions. */
function deliveriesTo(venues: string[], tick: number) {
  const now = Date.now()
  const messages = venues.map((venueId) => trafficOf(venueId, eventsOfVenue, now, tick + 1))
  return Array.from({ length: messages.length / 10 }, (_, i) =>
    delivery(...messages.slice(i * 10, i * 10 + 10)),
  )
}

/** Throws unless the days of all venues hold every entry of the ledger. */
async function requireWhole(url: string, venues: number): Promise<void> {
  const [row] = await withSql(
    url,
    (sql) => sql<{ inLedger: number; inDays: number; inMonths: number; venues: number }[]>`
      select (select count(*)::int from ledger) as "inLedger",
             (select sum(entries)::int from windows where tier = 'day') as "inDays",
             (select sum(entries)::int from windows where tier = 'month') as "inMonths",
             (select count(*)::int from aggregations) as venues`,
  )
  const isWhole = row?.inDays === row?.inLedger && row?.inMonths === row?.inLedger
  if (!isWhole || row?.venues !== venues)
    throw new Error(`windows lack entries: ${JSON.stringify(row)}`)
}
