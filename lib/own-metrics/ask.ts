import { Refusal } from '../errors.ts'
import { reread, written } from '../metrics/answer.ts'
import { askMetric, inSnapshot, type Snapshot } from '../metrics/ask.ts'
import { catalogue } from '../metrics/catalogue.ts'
import { type MetricQuery, severalCurrencies, spanOf } from '../metrics/question.ts'
import { businessDayOf } from '../time/periods.ts'
import { formatInstant } from '../time/zones.ts'
import type { Aggregate, AggregateQuery, Latest } from './schema.ts'
import { isRecorded, latestValue, type Sums, sumValues } from './store.ts'

/**
 * The latest value of a metric: of the venue's own, the value that happened last; of the catalogue,
 * the number of the running business day.
 */
export async function askLatest(
  venueId: string,
  metric: string,
  told: { currency?: string | undefined },
): Promise<Latest> {
  if (catalogue.has(metric)) return latestOfToday(venueId, metric, told.currency)
  return inSnapshot(venueId, async ({ tx, venue, asOf }) => {
    const latest = await latestValue(tx, venueId, metric)
    if (!latest) throw noSuchMetric()
    const start = formatInstant(latest.occurredAt.getTime(), venue.settings.timeZone)
    return { metric, unit: latest.unit, currency: null, value: latest.value, start, asOf }
  })
}

async function latestOfToday(venueId: string, metric: string, currency: string | undefined) {
  const today = await inSnapshot(venueId, async ({ venue, asOf }) =>
    businessDayOf(Date.parse(asOf), venue.settings),
  )
  const [from, to] = [new Date(today.start).toISOString(), new Date(today.end).toISOString()]
  const answer = await askMetric(venueId, metric, plain({ from, to, currency }))
  refuseMixed(answer)
  const { unit, asOf } = answer
  return { metric, unit, currency: answer.currency, value: answer.total, start: answer.from, asOf }
}

/** One number over a time: of the recorded values, or of the buckets of a metric of the catalogue. */
export async function askAggregate(
  venueId: string,
  metric: string,
  query: AggregateQuery,
): Promise<Aggregate> {
  const { fn, ...time } = query
  if (!catalogue.has(metric)) {
    return inSnapshot(venueId, (snapshot) => aggregateRecorded(snapshot, metric, query))
  }
  const answer = await askMetric(venueId, metric, plain(time))
  refuseMixed(answer)
  const values = (answer.series[0]?.points ?? []).flatMap(({ value }) => value ?? [])
  const { unit, currency, from, to, asOf } = answer
  return { metric, fn, unit, currency, from, to, value: sumsOf(values)[fn], asOf }
}

async function aggregateRecorded(
  { tx, venueId, venue, asOf }: Snapshot,
  metric: string,
  query: AggregateQuery,
): Promise<Aggregate> {
  const span = spanOf({ ...query, granularity: 'none' }, venue.settings, '')
  if (!(await isRecorded(tx, venueId, metric))) throw noSuchMetric()
  const sums = await sumValues(tx, venueId, metric, span)
  const [from, to] = [span.from, span.to].map((at) => formatInstant(at, span.timeZone))
  const { fn } = query
  const times = { from: from ?? '', to: to ?? '' }
  const value = sums[fn]
  // JSON would make a null of it: nothing, where there is too much.
  if (value !== null && !Number.isFinite(value)) throw tooLarge()
  return { metric, fn, unit: null, currency: null, ...times, value, asOf }
}

// Whole numbers are added as such: the sum of five may be more than a float tells apart.
function sumsOf(values: number[]): Sums {
  const count = values.length
  if (count === 0) return { count, sum: null, avg: null, min: null, max: null }
  const known = values.map(reread)
  const whole = known.flatMap((value) =>
    typeof value === 'bigint' || Number.isInteger(value) ? BigInt(value) : [],
  )
  const [min = 0, ...others] = known.sort((a, b) => (a < b ? -1 : Number(a > b)))
  const max = others.at(-1) ?? min
  const told = (value: number | bigint) => (typeof value === 'bigint' ? written(value) : value)
  const sum =
    whole.length === count
      ? whole.reduce((total, value) => total + value, 0n)
      : known.reduce<number>((total, value) => total + Number(value), 0)
  return { count, sum: told(sum), avg: Number(sum) / count, min: told(min), max: told(max) }
}

const plain = (told: Partial<MetricQuery> & { from: string; to: string }): MetricQuery => ({
  granularity: 'none',
  include_test: 'false',
  ...told,
})

function refuseMixed(answer: { series: unknown[]; total: number | null }): void {
  if (answer.series.length > 1) throw severalCurrencies()
}

const tooLarge = (): Refusal =>
  new Refusal('unprocessable', 'The values add up to more than a number can hold', [
    { path: 'fn', code: 'too_large', message: 'fn gives more than a number can hold' },
  ])

const noSuchMetric = (): Refusal => new Refusal('not_found', 'There is no such metric')
