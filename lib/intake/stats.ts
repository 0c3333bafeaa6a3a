import * as z from 'zod'
import { countOutbox } from '../archive/store.ts'
import { readTenant } from '../clients/postgres.ts'
import { spanOf } from '../metrics/question.ts'
import { countWaiting } from '../quarantine/store.ts'
import { formatInstant, isTimeZone } from '../time/zones.ts'
import { readVenue } from '../venues/store.ts'
import { type IntakeRow, readIntake, readLastOccurred } from './store.ts'
import { totalOf } from './tally.ts'

export const StatsQuery = z.strictObject({
  /** Of receipt; the last 24 hours where nothing is said. */
  from: z.string().min(1).optional(),
  to: z.string().min(1).optional(),
  granularity: z.enum(['hour', 'day']).default('hour'),
  tz: z.string().refine(isTimeZone, { error: 'is not a time zone of the IANA list' }).optional(),
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

export const Stats = z.object({
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
export type Stats = z.infer<typeof Stats>

const quarterMs = 15 * 60_000
const dayMs = 24 * 60 * 60_000

/**
 * What came in and what became of it, by the hour or business day of receipt. It is told by whole
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
    const from = Math.floor(asked.from / quarterMs) * quarterMs
    const to = Math.ceil(asked.to / quarterMs) * quarterMs
    const rows = await readIntake(tx, venueId, from, to)
    const instant = (at: number) => formatInstant(at, timeZone)
    return {
      from: instant(from),
      to: instant(to),
      granularity: query.granularity,
      tz: timeZone,
      total: sumOf(rows),
      series: bucketsOf(rows, starts).map(({ start, rows: own }) => ({
        start: instant(Math.max(start, from)),
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
