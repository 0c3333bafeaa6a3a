import * as z from 'zod'
import { emptyValue, type Numbers, written } from '../metrics/answer.ts'
import { numbersOf, type Snapshot } from '../metrics/ask.ts'
import { isMoney, type Metric } from '../metrics/catalogue.ts'
import { businessDayOf } from '../time/periods.ts'
import { formatInstant } from '../time/zones.ts'

const Span = z.object({ from: z.string(), to: z.string() })

export const Kpi = z.object({
  metric: z.string(),
  unit: z.enum(['count', 'minor', 'ratio', 'seconds', 'value']),
  currency: z.string().nullable(),
  current: z.number().nullable(),
  previous: z.number().nullable(),
  change: z.number().nullable(),
  /** In percent of the previous value; null where that is zero or nothing. */
  changePct: z.number().nullable(),
  trend: z.enum(['up', 'down', 'flat']),
  window: Span,
  previousWindow: Span,
})
export type Kpi = z.infer<typeof Kpi>

type Time = { from: number; to: number }

const minuteMs = 60_000

/**
 * The running business day of a venue beside the same stretch of the day before, for each metric
 * and, of money, each currency. `current` is what the planner answers for the day as of the
 * snapshot. Two questions a metric, whatever the number of events.
 */
export async function kpisOf(snapshot: Snapshot, metrics: Metric[], now: number): Promise<Kpi[]> {
  const { settings } = snapshot.venue
  const today = businessDayOf(now, settings)
  const yesterday = businessDayOf(today.start - 1, settings)
  // To the minute: what has passed of the day before ends between two minutes of the clock.
  const elapsed = Math.floor((now - today.start) / minuteMs) * minuteMs
  const windows = {
    current: { from: today.start, to: today.end },
    previous: { from: yesterday.start, to: Math.min(yesterday.start + elapsed, yesterday.end) },
  }
  const found: Kpi[] = []
  // One connection: the questions take turns on it.
  for (const metric of metrics) {
    const current = await numbersIn(snapshot, metric, windows.current)
    const previous = await numbersIn(snapshot, metric, windows.previous)
    for (const currency of currenciesOf(metric, current, previous, settings.currency)) {
      found.push({
        metric: metric.name,
        unit: metric.unit,
        currency,
        ...comparison(amountOf(metric, current, currency), amountOf(metric, previous, currency)),
        window: told(windows.current, settings.timeZone),
        previousWindow: told(windows.previous, settings.timeZone),
      })
    }
  }
  return found
}

/** What changed from one value to another; null where there is nothing to compare. */
export function comparison(current: number | null, previous: number | null) {
  const change = current === null || previous === null ? null : current - previous
  return {
    current,
    previous,
    change,
    changePct: change === null || !previous ? null : (change / Math.abs(previous)) * 100,
    trend: change === null || change === 0 ? 'flat' : change > 0 ? 'up' : 'down',
  } as const
}

async function numbersIn(snapshot: Snapshot, metric: Metric, time: Time): Promise<Numbers | null> {
  if (time.from >= time.to) return null // the day has just begun: nothing of the other compares
  return numbersOf(snapshot, {
    metric,
    ...time,
    granularity: 'none',
    timeZone: snapshot.venue.settings.timeZone,
    starts: [time.from],
    groupBy: [],
    filters: [],
    currency: null,
    includeTest: false,
    asOf: null,
  })
}

function currenciesOf(
  metric: Metric,
  current: Numbers | null,
  previous: Numbers | null,
  own: string,
): (string | null)[] {
  if (!isMoney(metric)) return [null]
  const keys = [current, previous].flatMap((one) => one?.groups.map(({ key }) => key[0]) ?? [])
  const found = [...new Set(keys)].flatMap((key) => key ?? []).sort()
  return found.length > 0 ? found : [own]
}

function amountOf(metric: Metric, numbers: Numbers | null, currency: string | null): number | null {
  if (!numbers) return written(emptyValue(metric))
  const total =
    currency === null ? numbers.total : numbers.groups.find(({ key }) => key[0] === currency)?.total
  return written(total ?? emptyValue(metric))
}

const told = ({ from, to }: Time, timeZone: string) => ({
  from: formatInstant(from, timeZone),
  to: formatInstant(to, timeZone),
})
