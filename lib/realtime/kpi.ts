import * as z from 'zod'
import { emptyValue, type Numbers, type Value, written } from '../metrics/answer.ts'
import { numbersOf, type Snapshot } from '../metrics/ask.ts'
import { isMoney, type Metric } from '../metrics/catalogue.ts'
import { amountIn, currenciesOf, type Sums, sumsIn } from '../metrics/sums.ts'
import { businessDayOf } from '../time/periods.ts'
import { formatInstant } from '../time/zones.ts'
import type { Settings } from '../venues/settings.ts'
import { percentOf } from './percent.ts'

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

/** [from, to) in epoch ms. */
export type Time = { from: number; to: number }
type Windows = { current: Time; previous: Time }
type Amounts = { currency: string | null; current: Value; previous: Value }

const minuteMs = 60_000

/**
 * The running business day of a venue beside the same stretch of the day before, for each metric
 * and, of money, each currency. `current` is what the planner answers for the day as of the
 * snapshot. Two statements for all metrics of sums, two questions for each other one or where one
 * currency is asked for, whatever the number of events. Who knows the day's sums already gives them
 * with `readToday`.
 */
export async function kpisOf(
  snapshot: Snapshot,
  metrics: Metric[],
  now: number,
  told: { currency?: string | undefined; readToday?: (day: Time) => Promise<Sums> } = {},
): Promise<Kpi[]> {
  const { settings } = snapshot.venue
  const { currency: asked = null, readToday = (day) => sumsIn(snapshot, day) } = told
  const windows = windowsAt(now, settings)
  const isSummed = ({ formula }: Metric) => formula.kind === 'sum' && asked === null
  const [current, previous]: Sums[] = metrics.some(isSummed)
    ? await Promise.all([readToday(windows.current), sumsIn(snapshot, windows.previous)])
    : []
  const found: Kpi[] = []
  // One connection: the questions take turns on it.
  for (const metric of metrics) {
    const amounts =
      current && previous && isSummed(metric)
        ? amountsOf(metric, { current, previous }, settings.currency)
        : await askedAmounts(snapshot, metric, windows, asked)
    for (const { currency, ...values } of amounts) {
      found.push({
        metric: metric.name,
        unit: metric.unit,
        currency,
        ...compared(values.current, values.previous),
        window: spanOf(windows.current, settings.timeZone),
        previousWindow: spanOf(windows.previous, settings.timeZone),
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
    changePct: change === null || !previous ? null : percentOf(change, Math.abs(previous)),
    trend: trendOf(change),
  } as const
}

// Whole numbers are subtracted as such: a sum may be larger than a number of JavaScript is exact.
function compared(current: Value, previous: Value) {
  if (typeof current !== 'bigint' || typeof previous !== 'bigint') {
    return comparison(written(current), written(previous))
  }
  const change = current - previous
  return {
    ...comparison(Number(current), Number(previous)),
    current: written(current),
    previous: written(previous),
    change: written(change),
    trend: trendOf(change),
  }
}

function trendOf(change: number | bigint | null): Kpi['trend'] {
  if (change === null || change === 0 || change === 0n) return 'flat'
  return change > 0 ? 'up' : 'down'
}

function windowsAt(now: number, settings: Settings): Windows {
  const today = businessDayOf(now, settings)
  const yesterday = businessDayOf(today.start - 1, settings)
  // To the minute: what has passed of the day before ends between two minutes of the clock.
  const elapsed = Math.floor((now - today.start) / minuteMs) * minuteMs
  return {
    current: { from: today.start, to: today.end },
    previous: { from: yesterday.start, to: Math.min(yesterday.start + elapsed, yesterday.end) },
  }
}

function amountsOf(
  metric: Metric,
  sums: { current: Sums; previous: Sums },
  own: string,
): Amounts[] {
  return currenciesTold(metric, currenciesOf(metric, sums.current, sums.previous), own).map(
    (currency) => ({
      currency,
      current: amountIn(sums.current, metric, currency),
      previous: amountIn(sums.previous, metric, currency),
    }),
  )
}

async function askedAmounts(
  snapshot: Snapshot,
  metric: Metric,
  windows: Windows,
  asked: string | null,
): Promise<Amounts[]> {
  const current = await numbersIn(snapshot, metric, windows.current, asked)
  const previous = await numbersIn(snapshot, metric, windows.previous, asked)
  const ofAsked = (numbers: Numbers | null) => numbers?.total ?? emptyValue(metric)
  if (asked !== null) {
    const currency = isMoney(metric) ? asked : null
    return [{ currency, current: ofAsked(current), previous: ofAsked(previous) }]
  }
  const keys = [current, previous].flatMap((one) => one?.groups.map(({ key }) => key[0]) ?? [])
  const currencies = [...new Set(keys)].flatMap((key) => key ?? []).sort()
  return currenciesTold(metric, currencies, snapshot.venue.settings.currency).map((currency) => ({
    currency,
    current: amountOf(metric, current, currency),
    previous: amountOf(metric, previous, currency),
  }))
}

// Money without any movement is told in the venue's own currency.
function currenciesTold(metric: Metric, found: string[], own: string): (string | null)[] {
  if (!isMoney(metric)) return [null]
  return found.length > 0 ? found : [own]
}

async function numbersIn(
  snapshot: Snapshot,
  metric: Metric,
  time: Time,
  currency: string | null,
): Promise<Numbers | null> {
  if (time.from >= time.to) return null // the day has just begun: nothing of the other compares
  return numbersOf(snapshot, {
    metric,
    ...time,
    granularity: 'none',
    timeZone: snapshot.venue.settings.timeZone,
    starts: [time.from],
    groupBy: [],
    filters: [],
    currency,
    includeTest: false,
    asOf: null,
  })
}

function amountOf(metric: Metric, numbers: Numbers | null, currency: string | null): Value {
  if (!numbers) return emptyValue(metric)
  const total =
    currency === null ? numbers.total : numbers.groups.find(({ key }) => key[0] === currency)?.total
  return total ?? emptyValue(metric)
}

const spanOf = ({ from, to }: Time, timeZone: string) => ({
  from: formatInstant(from, timeZone),
  to: formatInstant(to, timeZone),
})
