import { handler as aggregateVenue } from '../../functions/queue/aggregate-venue.ts'
import { withTenantJob } from '../../lib/clients/postgres.ts'
import { measures } from '../../lib/ledger/entry.ts'
import { keptMs, tiers } from '../../lib/windows/window.ts'
import { delivery, type Sent } from '../support/events.ts'
import { context } from '../support/service.ts'
import { clockOf } from './clock.mjs'
import { rowsOf } from './counting.mjs'
import type { Place } from './places.ts'

/**
 * Hands the worker one message for the venue, as each minute's tick does, and what comes back again:
 * on a busy machine Mongo may be too slow for a document once.
 */
export async function tick(venueId: string): Promise<void> {
  for (let left = 20; ; left -= 1) {
    const { batchItemFailures } = (await aggregateVenue(delivery({ venueId }), context)) as {
      batchItemFailures: unknown[]
    }
    if (batchItemFailures.length === 0) return
    expect(left).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

type Row = { tier: string; start: number; currency: string; sums: Record<string, string | null> }

/** The windows of a venue, but for what tells of how often and when they were computed. */
export const windowsOf = (venueId: string) =>
  withTenantJob(venueId, async (tx) => {
    const rows = await tx<Row[]>`
      select tier, (extract(epoch from starts_at) * 1000)::float8 as start, currency,
             to_jsonb(w) - '{revision,computed_at,venue_id,tier,starts_at,currency}'::text[] as sums
        from windows w
       where venue_id = ${venueId}
       order by tier, starts_at, currency`
    return rows.map((row) => ({ ...row }))
  })

/** Forgets the windows of a venue and how far they were made: the next tick makes all of them. */
export const forgetWindows = (venueId: string) =>
  withTenantJob(venueId, async (tx) => {
    await tx`delete from windows where venue_id = ${venueId}`
    await tx`delete from aggregations where venue_id = ${venueId}`
    await tx`delete from show_totals where venue_id = ${venueId}`
  })

/** Every number of windows that is not zero, by tier, start, currency and measure. */
export function numbersOf(windows: Row[]): Record<string, number> {
  const told = windows.flatMap(({ tier, start, currency, sums }) =>
    measures.map((name) => [`${tier} ${iso(start)} ${currency} ${name}`, Number(sums[name] ?? 0)]),
  )
  return Object.fromEntries(told.filter(([, value]) => value !== 0).sort())
}

/** The same from the events alone: the windows that are still kept at `now`. */
export function bruteForceWindows(events: Sent[], place: Place, now: number) {
  const clock = clockOf(place.timezone, place.dayStart, place.weekStart) as Record<
    string,
    (instant: number) => number
  > & { starts(from: number, to: number, tier: string): number[] }
  const sums: Record<string, number> = {}
  for (const row of rowsOf(events)) {
    if (row.test || !measures.includes(row.metric)) continue
    for (const tier of tiers) {
      const start = clock[tier]?.(row.at) as number
      const kept = keptMs[tier]
      const end = kept && (clock.starts(start, start + 3 * 3_600_000, tier)[1] as number)
      if (kept && end && end <= now - kept) continue
      const key = `${tier} ${iso(start)} ${row.currency ?? ''} ${row.metric}`
      sums[key] = (sums[key] ?? 0) + row.value
    }
  }
  return Object.fromEntries(
    Object.entries(sums)
      .filter(([, value]) => value !== 0)
      .sort(),
  )
}

const iso = (ms: number): string => new Date(ms).toISOString()
