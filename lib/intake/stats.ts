import * as z from 'zod'
import { countOutbox } from '../archive/store.ts'
import { readTenant } from '../clients/postgres.ts'
import { from, spanOf, to, zone } from '../metrics/question.ts'
import { countWaiting } from '../quarantine/store.ts'
import { formatInstant } from '../time/zones.ts'
import { readVenue } from '../venues/store.ts'
import { type IntakeRow, readIntake, readLastOccurred } from './store.ts'
import { totalOf } from './tally.ts'

export const StatsQuery = z.strictObject({
  from: from.optional(),
  to: to.optional(),
  granularity: z.enum(['hour', 'day']).default('hour').meta({ description: 'How long a point is' }),
  tz: zone.optional(),
})
export type StatsQuery = z.infer<typeof StatsQuery>

const counts = {
  /** What came in: counted + known + quarantined. */
  received: z.int(),
  counted: z.int(),
  /** Came again and changed nothing. */
  known: z.int(),
  quarantined: z.int(),
  /** Counted by a replay; it was received when it was quarantined. */
  replayed: z.int(),
  /** The longest time from sending (`sent_at`, else `occurred_at`) to the count, seconds. */
  maxLagSeconds: z.number(),
}

const exampleCounts = {
  received: 9,
  counted: 6,
  known: 2,
  quarantined: 1,
  replayed: 0,
  maxLagSeconds: 1.5,
}
const example = {
  from: '2026-06-01T12:00:00-04:00',
  to: '2026-06-01T13:00:00-04:00',
  granularity: 'hour' as const,
  tz: 'America/New_York',
  total: exampleCounts,
  series: [{ start: '2026-06-01T12:00:00-04:00', ...exampleCounts }],
  byType: [{ type: 'order.paid', ...exampleCounts }],
  byReason: [{ code: 'invalid', quarantined: 1 }],
  lastReceivedAt: '2026-06-01T16:59:58.123456Z',
  lastOccurredAt: '2026-06-01T16:59:57.000Z',
  waiting: { kept: 1, replaying: 0, outbox: 0 },
}

export const Stats = z
  .object({
    from: z.string(),
    to: z.string(),
    granularity: z.enum(['hour', 'day']),
    tz: z.string(),
    total: z.object(counts),
    series: z.array(z.object({ start: z.string(), ...counts })),
    /** The type is null where no known one is named. */
    byType: z.array(z.object({ type: z.string().nullable(), ...counts })),
    byReason: z.array(z.object({ code: z.string(), quarantined: z.int() })),
    lastReceivedAt: z.string().nullable(),
    lastOccurredAt: z.string().nullable(),
    /** What is not done yet: events in quarantine, replays on their way, raw copies for the archive. */
    waiting: z.object({ kept: z.int(), replaying: z.int(), outbox: z.int() }),
  })
  .meta({ id: 'IngestStats', examples: [example] })
export type Stats = z.infer<typeof Stats>

const quarterMs = 15 * 60_000
const dayMs = 24 * 60 * 60_000

/**
 * What came in and what became of it, by the hour or business day of receipt; of the last 24 hours
 * where nothing is said. It is told by whole
 * quarter hours: those that `from` and `to` fall into are told whole.
 */
export async function ingestStats(venueId: string, query: StatsQuery, now: Date): Promise<Stats> {
  const end = Math.ceil((now.getTime() + 1) / quarterMs) * quarterMs
  const told = {
    ...query,
    from: query.from ?? new Date(end - dayMs).toISOString(),
    to: query.to ?? new Date(end).toISOString(),
  }
  return readTenant(venueId, async (tx) => {
    const venue = await readVenue(tx, venueId)
    const { timeZone, starts, ...asked } = spanOf(told, venue.settings, '')
    const start = Math.floor(asked.from / quarterMs) * quarterMs
    const stop = Math.ceil(asked.to / quarterMs) * quarterMs
    const rows = await readIntake(tx, venueId, start, stop)
    const instant = (at: number) => formatInstant(at, timeZone)
    return {
      from: instant(start),
      to: instant(stop),
      granularity: query.granularity,
      tz: timeZone,
      total: sumOf(rows),
      series: bucketsOf(rows, starts).map(({ start: at, rows: own }) => ({
        start: instant(at),
        ...sumOf(own),
      })),
      byType: grouped(rows, ({ type }) => type).map(([type, own]) => ({
        type: type || null,
        ...sumOf(own),
      })),
      byReason: grouped(rows, ({ code }) => code)
        .filter(([code]) => code !== '')
        .map(([code, own]) => ({ code, quarantined: sumOf(own).quarantined })),
      lastReceivedAt: venue.lastRecordedAt,
      lastOccurredAt: await readLastOccurred(tx, venueId),
      waiting: { ...(await countWaiting(tx, venueId)), outbox: await countOutbox(tx, venueId) },
    }
  })
}

function sumOf(rows: IntakeRow[]): Stats['total'] {
  const { lagMs, ...sum } = totalOf(rows)
  const received = sum.counted + sum.known + sum.quarantined
  return { received, ...sum, maxLagSeconds: lagMs / 1000 }
}

// Starts are ascending, and rows are put into the last bucket that begins no later than they do.
function bucketsOf(rows: IntakeRow[], starts: number[]) {
  const buckets = starts.map((start) => ({ start, rows: [] as IntakeRow[] }))
  const [first] = buckets
  for (const row of rows) {
    const at = row.quarter.getTime()
    const bucket = buckets.findLast(({ start }) => start <= at) ?? first
    bucket?.rows.push(row)
  }
  return buckets
}

const grouped = (rows: IntakeRow[], by: (row: IntakeRow) => string) =>
  [...Map.groupBy(rows, by)].sort(([left], [right]) => (left < right ? -1 : 1))
