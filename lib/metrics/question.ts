import * as z from 'zod'
import { Refusal } from '../errors.ts'
import { isCurrency } from '../events/currency.ts'
import { type Dimension, dimensions } from '../ledger/entry.ts'
import { parseMoment } from '../time/moment.ts'
import { bucketStarts, type Granularity, TooManyBuckets } from '../time/periods.ts'
import { isTimeZone } from '../time/zones.ts'
import type { Settings } from '../venues/settings.ts'
import type { Metric } from './catalogue.ts'

/** A condition on a dimension; `not_in` also holds where the dimension has no value. */
export type Filter = {
  dimension: Dimension
  op: 'in' | 'not_in' | 'exists' | 'not_exists'
  values: string[]
}

/** A question to the planner, every default filled in; instants in epoch ms. */
export type Question = {
  metric: Metric
  from: number
  to: number
  granularity: Granularity
  timeZone: string
  /** The starts of the buckets; the first is `from`, the last ends at `to`. */
  starts: number[]
  groupBy: Dimension[]
  filters: Filter[]
  currency: string | null
  includeTest: boolean
  /** As it was known then; null for now. */
  asOf: string | null
}

export const maxPoints = 10_000

export const granularities = ['minute', '5min', 'hour', 'day', 'week', 'month', 'none'] as const
const dimension = z.enum(dimensions)
/** The name of a time zone. */
export const zone = z
  .string()
  .refine(isTimeZone, { error: 'is not a time zone of the IANA list' })
  .meta({ description: 'A time zone of the IANA list; the venue’s own where nothing is said' })
/** The code of a currency. */
export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'must be a code of ISO 4217', abort: true })
  .refine(isCurrency, { error: 'is not a currency of ISO 4217' })
  .meta({ description: 'One currency (ISO 4217); all of them where nothing is said' })
/** The moment to answer as of. What no store can write down is refused, not clamped. */
export const asOf = z.iso
  .datetime({ offset: true, abort: true })
  .refine((text) => isTellable(Date.parse(text)), { error: 'must be of the years 1 to 9999' })
  .meta({ description: 'Answer as it was known then' })
/** A moment where a time begins or ends; what it means depends on the zone. */
const boundary = z.string().min(1)
export const from = boundary.meta({
  description: 'The start, included: a date (the start of that business day) or a time with offset',
  examples: ['2026-06-01'],
})
export const to = boundary.meta({
  description: 'The end, not included: a date or a time with offset',
  examples: ['2026-06-08'],
})
const list = (description: string) =>
  z
    .string()
    .min(1)
    .max(4000)
    .transform((text) => text.split(','))
    .meta({ description })

const filterFields = Object.fromEntries(
  dimensions.map((name) => [
    `filter[${name}]`,
    list(`Only these, with commas: ${name}`).optional(),
  ]),
) as Record<`filter[${Dimension}]`, z.ZodOptional<ReturnType<typeof list>>>

/** The query of GET V/metrics/{metric}. */
export const MetricQuery = z.strictObject({
  from,
  to,
  granularity: z
    .enum(granularities)
    .default('day')
    .meta({ description: 'How long a point is; `none`: one number for the whole' }),
  tz: zone.optional(),
  group_by: list(`Up to three dimensions, with commas: ${dimensions.join(', ')}`)
    .pipe(z.array(dimension).max(3))
    .refine((names) => new Set(names).size === names.length, { error: 'names a dimension twice' })
    .optional(),
  ...filterFields,
  currency: currency.optional(),
  include_test: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'Whether events of `test_mode` count' }),
  asOf: asOf.optional(),
})
export type MetricQuery = z.output<typeof MetricQuery>

/** The query of GET V/metrics/{metric}/latest. */
export const LatestQuery = MetricQuery.pick({ currency: true }).strict()

/** What GET V/metrics/{metric}/aggregate takes beside the function. */
export const AggregateTime = MetricQuery.pick({
  from: true,
  to: true,
  granularity: true,
  tz: true,
  currency: true,
}).strict()

/** The question that a query asks of a venue with these settings. */
export function questionOf(metric: Metric, query: MetricQuery, settings: Settings): Question {
  return {
    metric,
    ...spanOf(query, settings, ''),
    groupBy: query.group_by ?? [],
    filters: dimensions.flatMap((dimension) => {
      const values = query[`filter[${dimension}]`]
      return values ? { dimension, op: 'in' as const, values } : []
    }),
    currency: query.currency ?? null,
    includeTest: query.include_test === 'true',
    asOf: query.asOf ? exactMoment(query.asOf) : null,
  }
}

type Span = Pick<Question, 'from' | 'to' | 'granularity' | 'timeZone' | 'starts'>

/** The time of a question, cut into buckets; refusals name the fields below `path`. */
export function spanOf(
  told: { from: string; to: string; granularity: Granularity; tz?: string | undefined },
  settings: Settings,
  path: string,
): Span {
  const { granularity } = told
  const timeZone = told.tz ?? settings.timeZone
  const calendar = { ...settings, timeZone }
  const from = moment(`${path}from`, told.from, calendar)
  const to = moment(`${path}to`, told.to, calendar)
  if (from >= to) throw refusal(`${path}to`, 'must be after from')
  const starts = startsOf({ from, to, granularity }, calendar, path)
  return { from, to, granularity, timeZone, starts }
}

/** A moment of the input in UTC to the microsecond: its text sorts as the moments do. */
export function exactMoment(text: string): string {
  const micros = (/\.(\d+)/.exec(text)?.[1] ?? '').slice(0, 6).padEnd(6, '0')
  return `${new Date(text).toISOString().slice(0, 19)}.${micros}Z`
}

const firstInstant = Date.parse('0001-01-02T00:00:00Z')
const lastInstant = Date.parse('9999-12-30T00:00:00Z')
const isTellable = (instant: number) => instant >= firstInstant && instant <= lastInstant

/** A moment of the input, epoch ms; refuses what is none, by the name of its field. */
export function moment(name: string, text: string, calendar: Settings): number {
  let instant: number | undefined
  try {
    instant = parseMoment(text, calendar)
  } catch {
    instant = undefined
  }
  if (instant === undefined || !isTellable(instant)) {
    throw refusal(name, 'must be a date (2026-07-01) or a time with offset (2026-07-01T19:30:00Z)')
  }
  return instant
}

function startsOf(
  { from, to, granularity }: Pick<Span, 'from' | 'to' | 'granularity'>,
  calendar: Settings,
  path: string,
) {
  try {
    return bucketStarts(from, to, granularity, calendar, maxPoints)
  } catch (error) {
    if (error instanceof TooManyBuckets) throw tooManyPoints(error.estimate, path)
    throw error
  }
}

/** The refusal of an answer that would be too long: never cut, always said; its time is below `path`. */
export const tooManyPoints = (points: number, path = ''): Refusal =>
  new Refusal(
    'unprocessable',
    `The answer would have about ${points} points, more than ${maxPoints}: ask for a shorter time, a coarser granularity or fewer groups`,
    [
      {
        path: `${path}granularity`,
        code: 'too_many_points',
        message: `at most ${maxPoints} points`,
      },
    ],
  )

/** The refusal of one number where there would be one for each of several currencies. */
export const severalCurrencies = (): Refusal =>
  new Refusal('unprocessable', 'There are several currencies: ask for one of them', [
    { path: 'currency', code: 'required', message: 'currency must name one of several' },
  ])

/** The refusal of a field that reads well and cannot be meant. */
export const refusal = (path: string, message: string): Refusal =>
  new Refusal('bad_request', `The query is not right: ${path} ${message}`, [
    { path, code: 'invalid', message: `${path} ${message}` },
  ])
