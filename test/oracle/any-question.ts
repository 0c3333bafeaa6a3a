import fc from 'fast-check'
import { dimensions } from '../../lib/ledger/entry.ts'
import { catalogue } from '../../lib/metrics/catalogue.ts'
import type { Granularity } from '../../lib/time/periods.ts'
import { anyMoment } from './any-history.ts'
import { clockOf } from './clock.mjs'
import { type Place, places } from './places.ts'

/** A question in the terms of both doors; a moment is an instant, or a date that begins a day. */
export type Question = {
  door: 'metrics' | 'query'
  metrics: string[]
  granularity: Granularity
  from: string
  to: string
  tz?: string | undefined
  groupBy: string[]
  filters: { dimension: string; op: string; values: string[] }[]
  currency?: string | undefined
  includeTest: boolean
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** The granularities with the longest time that is asked in them. */
const reach: Record<Granularity, number> = {
  minute: 2 * hour,
  '5min': 9 * hour,
  hour: 4 * day,
  day: 25 * day,
  week: 100 * day,
  month: 400 * day,
  none: 400 * day,
}
export const granularities = Object.keys(reach) as Granularity[]

const values: Record<string, string[]> = {
  event: ['e1', 'e2'],
  ticket_type: ['stalls', 'circle'],
  channel: ['online', 'phone'],
  currency: ['EUR', 'JPY'],
  promo_code: ['EARLY'],
  gate: ['north', 'south'],
  scan_reason: ['wrong gate'],
  source: ['web', 'app'],
}
const filter = fc.constantFrom(...Object.entries(values)).chain(([dimension, all]) =>
  fc.oneof<fc.Arbitrary<Question['filters'][number]>[]>(
    fc.record({
      dimension: fc.constant(dimension),
      op: fc.constantFrom('eq', 'neq'),
      values: fc.constantFrom(...all).map((value) => [value]),
    }),
    fc.record({
      dimension: fc.constant(dimension),
      op: fc.constantFrom('in', 'not_in'),
      values: fc.subarray(all, { minLength: 1 }),
    }),
    fc.record({
      dimension: fc.constant(dimension),
      op: fc.constantFrom('exists', 'not_exists'),
      values: fc.constant<string[]>([]),
    }),
  ),
)
const seldom = <T>(arbitrary: fc.Arbitrary<T>, of = 8) =>
  fc.oneof({ withCrossShrink: true }, { weight: of, arbitrary: fc.constant(undefined) }, arbitrary)

// What is counted by lines is asked in each question: it is where groups and wholes differ.
const byLines = ['orders', 'orders_cancelled', 'average_order_value', 'unique_buyers']
const summed = [...catalogue.keys()].filter((name) => !byLines.includes(name))
const anyMetrics = fc
  .tuple(
    fc.shuffledSubarray(byLines, { minLength: 1, maxLength: 2 }),
    fc.shuffledSubarray(summed, { minLength: 1, maxLength: 3 }),
    fc.boolean(),
  )
  .map(([lines, sums, isFirst]) => (isFirst ? [...lines, ...sums] : [...sums, ...lines]))

/** Any question of a place in one granularity, about the time around a change of its clock. */
export function anyQuestion(place: Place, granularity: Granularity): fc.Arbitrary<Question> {
  const longest = reach[granularity]
  return fc
    .record({
      door: fc.constantFrom('metrics', 'query'),
      metrics: anyMetrics,
      middle: anyMoment(place),
      before: fc.integer({ min: 0, max: longest / 2 }),
      after: fc.integer({ min: 1, max: longest / 2 }),
      grain: fc.constantFrom(
        ...[day, hour, 15 * minute, minute, 1].filter((g) => g * 4 <= longest),
      ),
      tz: seldom(fc.constantFrom(...places.map(({ timezone }) => timezone))),
      groupBy: fc.oneof(
        fc.constant<string[]>([]),
        fc.subarray<string>([...dimensions], { minLength: 1, maxLength: longest > day ? 3 : 1 }),
      ),
      filters: fc.oneof(
        { weight: 3, arbitrary: fc.constant<Question['filters']>([]) },
        fc.array(filter, { minLength: 1, maxLength: 2 }),
      ),
      currency: seldom(fc.constantFrom('EUR', 'JPY', 'CHF')),
      includeTest: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
    })
    .map(({ middle, before, after, grain, ...rest }) => {
      const isByDate = grain === day
      const text = (at: number) => new Date(at).toISOString().slice(0, isByDate ? 10 : undefined)
      const from = Math.floor((middle - before) / grain) * grain
      const to = Math.max(Math.floor((middle + after) / grain) * grain, from + grain)
      // a date may begin a day that the zone leaves out: then the next begins with it
      const atLeast = isByDate ? from + 2 * day : to
      return { granularity, from: text(from), to: text(Math.max(to, atLeast)), ...rest }
    })
}

/** The question as the oracle takes it: instants by the place's clock, and that clock. */
export function resolved(question: Question, place: Omit<Place, 'changes'>) {
  const clock = clockOf(question.tz ?? place.timezone, place.dayStart, place.weekStart)
  const instant = (text: string): number =>
    text.length === 10 ? clock.startOf(text) : Date.parse(text)
  return { clock, asked: { ...question, from: instant(question.from), to: instant(question.to) } }
}
