import { Refusal } from '../errors.ts'
import { inSnapshot, type Snapshot } from '../metrics/ask.ts'
import { catalogue, type Metric } from '../metrics/catalogue.ts'
import { severalCurrencies } from '../metrics/question.ts'
import { type Sums, sumsIn } from '../metrics/sums.ts'
import { kpisOf, type Time } from './kpi.ts'
import { fetchLive } from './live.ts'
import type { Realtime, RealtimeMetric } from './schema.ts'
import { isStale } from './stale.ts'

const shown = [
  'orders', 'tickets_sold', 'tickets_net', 'gross_revenue', 'net_revenue', 'refunds',
  'scans_accepted', 'scans_rejected', 'admissions', 'inside_now', 'page_views', 'searches',
  'carts_abandoned',
].flatMap((name) => catalogue.get(name) ?? []) // biome-ignore format: one list

/** An answer, and whether the sums of its day were found in Redis; null where nobody looked. */
export type Answered<T> = { told: T; isHit: boolean | null }

/** The numbers of the running day that a venue watches, beside the same stretch of the day before. */
export async function askRealtime(venueId: string, now: Date): Promise<Answered<Realtime>> {
  const { told: items, isHit, ...moment } = await ask(venueId, shown, now)
  return { told: { items, ...moment }, isHit }
}

/** One metric of the catalogue so; of money in several currencies one of them must be named. */
export async function askRealtimeMetric(
  venueId: string,
  name: string,
  currency: string | undefined,
  now: Date,
): Promise<Answered<RealtimeMetric>> {
  const metric = catalogue.get(name)
  if (!metric) throw new Refusal('not_found', 'There is no such metric')
  const { told, isHit, ...moment } = await ask(venueId, [metric], now, currency)
  const [kpi, ...others] = told
  if (!kpi || others.length > 0) throw severalCurrencies()
  return { told: { ...kpi, ...moment }, isHit }
}

async function ask(venueId: string, metrics: Metric[], now: Date, currency?: string) {
  return inSnapshot(venueId, async (snapshot) => {
    const { asOf } = snapshot
    let isHit: boolean | null = null
    const readToday = async (day: Time): Promise<Sums> => {
      const live = await liveSums(snapshot, day)
      isHit = live !== null
      return live ?? sumsIn(snapshot, day)
    }
    const told = await kpisOf(snapshot, metrics, now.getTime(), { currency, readToday })
    return { told, isHit, asOf, stale: isStale(asOf, now) }
  })
}

/**
 * A day's sums from Redis where they are of the very ingest that the snapshot ends with: then they
 * are what the planner would find. Null else, and while the days are made anew for another clock.
 */
async function liveSums({ venueId, venue }: Snapshot, { from, to }: Time): Promise<Sums | null> {
  const { daysStale, lastRecordedAt } = venue
  if (daysStale || !lastRecordedAt) return null
  return fetchLive(venueId, { start: from, end: to }, lastRecordedAt)
}
