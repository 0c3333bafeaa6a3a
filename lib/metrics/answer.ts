import * as z from 'zod'
import type { Dimension, Measure } from '../ledger/entry.ts'
import { formatInstant } from '../time/zones.ts'
import type { Settings } from '../venues/settings.ts'
import { isMoney, type Metric } from './catalogue.ts'
import { maxPoints, type Question, tooManyPoints } from './question.ts'

/** An answer of the planner before it is written out: exact values by bucket, group and whole. */
export type Numbers = {
  /** The dimensions of the keys; the question's, and the currency where money was not asked in one. */
  keys: Dimension[]
  groups: { key: (string | null)[]; points: Map<number, Value>; total: Value }[]
  total: Value
}

/** A sum, or nothing; a ratio keeps its two sums, so that wholes are computed and not averaged. */
export type Value = bigint | { of: bigint; per: bigint } | null

const Key = z.record(z.string(), z.string().nullable())
const Amount = z
  .number()
  .nullable()
  .meta({ description: 'Money in minor units; null where there is nothing to divide by' })
const Instant = z.string()

export const MetricAnswer = z
  .object({
    metric: z.string(),
    unit: z.enum(['count', 'minor', 'ratio', 'seconds', 'value']),
    currency: z.string().nullable(),
    granularity: z.enum(['minute', '5min', 'hour', 'day', 'week', 'month', 'none']),
    tz: z.string(),
    from: Instant,
    to: Instant,
    asOf: Instant,
    series: z.array(
      z.object({
        key: Key,
        total: Amount,
        points: z.array(z.object({ start: Instant, value: Amount, complete: z.boolean() })),
      }),
    ),
    total: Amount,
  })
  .meta({
    id: 'MetricAnswer',
    examples: [
      {
        metric: 'gross_revenue',
        unit: 'minor',
        currency: 'USD',
        granularity: 'day',
        tz: 'America/New_York',
        from: '2026-06-01T00:00:00-04:00',
        to: '2026-06-03T00:00:00-04:00',
        asOf: '2026-06-02T15:04:05.000000Z',
        series: [
          {
            key: {},
            total: 9100,
            points: [
              { start: '2026-06-01T00:00:00-04:00', value: 9100, complete: true },
              { start: '2026-06-02T00:00:00-04:00', value: 0, complete: false },
            ],
          },
        ],
        total: 9100,
      },
    ],
  })
export type MetricAnswer = z.infer<typeof MetricAnswer>

/** Writes the answer of GET V/metrics/{metric}: gaps filled, one currency or a series for each. */
export function writeAnswer(
  question: Question,
  numbers: Numbers,
  settings: Settings,
  asOf: string,
): MetricAnswer {
  const { metric, starts, to, timeZone } = question
  const shown = currenciesShown(question, numbers, settings)
  const groups =
    numbers.groups.length > 0 || question.groupBy.length > 0
      ? numbers.groups
      : [{ key: numbers.keys.map(() => null), points: new Map<number, Value>(), total: null }]
  if (groups.length * starts.length > maxPoints) {
    throw tooManyPoints(groups.length * starts.length)
  }
  const empty = emptyValue(metric)
  const offsets = starts.map((start) => formatInstant(start, timeZone))
  const settledUntil = Date.parse(asOf)
  const series = [...groups]
    .sort((a, b) => compareKeys(a.key, b.key))
    .map((group) => ({
      key: Object.fromEntries(
        numbers.keys.flatMap((name, i) =>
          question.groupBy.includes(name) || shown.perCurrency
            ? [[name, group.key[i] ?? null]]
            : [],
        ),
      ),
      total: written(group.total ?? empty),
      points: offsets.map((start, i) => ({
        start,
        value: written(group.points.get(i) ?? empty),
        complete: (starts[i + 1] ?? to) <= settledUntil,
      })),
    }))
  return {
    metric: metric.name,
    unit: metric.unit,
    currency: shown.currency,
    granularity: question.granularity,
    tz: timeZone,
    from: formatInstant(question.from, timeZone),
    to: formatInstant(to, timeZone),
    asOf,
    series,
    total: shown.perCurrency || shown.isMixed ? null : written(numbers.total ?? empty),
  }
}

// Money of several currencies is never one number: each has its series, and there is no whole.
function currenciesShown(question: Question, numbers: Numbers, settings: Settings) {
  if (!isMoney(question.metric)) return { currency: null, perCurrency: false, isMixed: false }
  const at = numbers.keys.indexOf('currency')
  const found = new Set(at < 0 ? [] : numbers.groups.map((group) => group.key[at] ?? null))
  const isMixed = found.size > 1
  const perCurrency = isMixed && !question.groupBy.includes('currency')
  const [only] = found
  const currency = isMixed ? null : (question.currency ?? only ?? settings.currency)
  return { currency, perCurrency, isMixed }
}

/** What a metric is where nothing happened. */
export const emptyValue = (metric: Metric): Value => (metric.formula.kind === 'ratio' ? null : 0n)

/** A value as the API writes it. */
export function written(value: Value): number | null {
  if (value === null) return null
  if (typeof value === 'bigint') return exactNumber(value)
  return value.per === 0n ? null : Number(value.of) / Number(value.per)
}

// JSON has integers of any size; what JavaScript cannot hold goes out digit by digit.
function exactNumber(value: bigint): number {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : (json.rawJSON(String(value)) as unknown as number)
}

/** What was written, to be compared or added: digits that went out as they are, are a bigint again. */
export const reread = <T>(value: T): T | bigint =>
  json.isRawJSON(value) ? BigInt(value.rawJSON) : value

type RawJson = { rawJSON: string }
const json = JSON as unknown as {
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
}

function compareKeys(a: (string | null)[], b: (string | null)[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? null
    if (left === right) continue
    if (left === null) return 1
    if (right === null) return -1
    return left < right ? -1 : 1
  }
  return 0
}

/** Adds two values of the same metric. */
export function add(a: Value, b: Value): Value {
  if (a === null) return b
  if (b === null) return a
  if (typeof a === 'bigint' || typeof b === 'bigint') return (a as bigint) + (b as bigint)
  return { of: a.of + b.of, per: a.per + b.per }
}

/** The measures whose sums a metric is made of. */
export function measuresOf({ metric }: Question): Measure[] {
  const { formula } = metric
  if (formula.kind === 'sum') return [...formula.plus, ...formula.minus]
  return formula.kind === 'ratio' ? [formula.of, formula.per] : []
}
