import { withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { lockVenue } from '../ledger/state.ts'
import { type Value, written } from '../metrics/answer.ts'
import { inSnapshot, numbersOf, type Snapshot } from '../metrics/ask.ts'
import { catalogue, isMoney, type Metric } from '../metrics/catalogue.ts'
import { severalCurrencies } from '../metrics/question.ts'
import { countValues, isRecorded } from '../own-metrics/store.ts'
import { businessDayOf } from '../time/periods.ts'
import { formatInstant } from '../time/zones.ts'
import { readVenue } from '../venues/store.ts'
import type { Counter, CounterReset } from './schema.ts'
import { isStale } from './stale.ts'
import { findReset, writeReset } from './store.ts'

/**
 * What was recorded in the running business day since the counter's last reset: of an additive
 * metric of the catalogue its sum, of a metric of the venue's own how often it was recorded.
 */
export async function askCounter(
  venueId: string,
  name: string,
  currency: string | undefined,
  now: Date,
): Promise<Counter> {
  const metric = catalogue.get(name)
  requireAdditive(metric)
  return inSnapshot(venueId, async (snapshot) => {
    const { tx, asOf, venue } = snapshot
    if (!metric && !(await isRecorded(tx, venueId, name))) throw noSuchCounter()
    const { timeZone } = venue.settings
    const { start: from, end: to } = businessDayOf(now.getTime(), venue.settings)
    const reset = await findReset(tx, venueId, name)
    const recordedAfter = reset?.recordedUntil ?? null
    const counted = metric
      ? await countMetric(snapshot, metric, { from, to, recordedAfter, currency })
      : { value: await countValues(tx, venueId, name, { from, to, recordedAfter }), currency: null }
    return {
      name,
      unit: metric?.unit ?? 'count',
      ...counted,
      from: formatInstant(from, timeZone),
      to: formatInstant(to, timeZone),
      resetAt: reset?.resetAt ?? null,
      asOf,
      stale: isStale(asOf, now),
    }
  })
}

/**
 * Sets a counter back: what is recorded until now counts no more, whatever comes later does. It
 * takes its turn among the ingests of the venue, so that each is on one side of it.
 */
export async function resetCounter(venueId: string, name: string): Promise<CounterReset> {
  const metric = catalogue.get(name)
  requireAdditive(metric)
  return withTenant(venueId, async (tx) => {
    await lockVenue(tx, venueId)
    if (!metric && !(await isRecorded(tx, venueId, name))) throw noSuchCounter()
    const { lastRecordedAt } = await readVenue(tx, venueId)
    const resetAt = await writeReset(tx, venueId, name, lastRecordedAt)
    const asOf = lastRecordedAt && lastRecordedAt > resetAt ? lastRecordedAt : resetAt
    return { name, value: 0, resetAt, asOf }
  })
}

type Counted = {
  from: number
  to: number
  recordedAfter: string | null
  currency: string | undefined
}

// What is known now less what was known at the reset: that is what was recorded in between.
async function countMetric(
  snapshot: Snapshot,
  metric: Metric,
  { from, to, recordedAfter, currency: asked = undefined }: Counted,
) {
  const { settings } = snapshot.venue
  const question = {
    metric,
    from,
    to,
    granularity: 'none' as const,
    timeZone: settings.timeZone,
    starts: [from],
    groupBy: [],
    filters: [],
    currency: asked ?? null,
    includeTest: false,
  }
  const known = await numbersOf(snapshot, { ...question, asOf: null })
  const before =
    recordedAfter === null ? null : await numbersOf(snapshot, { ...question, asOf: recordedAfter })
  const [found, ...others] = known.keys.includes('currency') ? known.groups : []
  if (others.length > 0) throw severalCurrencies()
  const value = whole(known.total) - whole(before?.total ?? null)
  const currency = isMoney(metric) ? (asked ?? found?.key[0] ?? settings.currency) : null
  return { value: written(value) ?? 0, currency }
}

const whole = (value: Value): bigint => (typeof value === 'bigint' ? value : 0n)

function requireAdditive(metric: Metric | undefined): void {
  if (!metric || metric.additive) return
  const message = `${metric.name} is not additive: it cannot be counted since a reset`
  throw new Refusal('unprocessable', message, [{ path: 'name', code: 'not_additive', message }])
}

const noSuchCounter = (): Refusal => new Refusal('not_found', 'There is no such counter')
