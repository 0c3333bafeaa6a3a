import type { Dimension } from '../ledger/entry.ts'
import { emptyValue, written } from '../metrics/answer.ts'
import { numbersOf, type Snapshot } from '../metrics/ask.ts'
import { catalogue, isMoney, type Metric } from '../metrics/catalogue.ts'
import { plainFilters } from '../metrics/table-schema.ts'
import type { Rule } from './rule.ts'
import { keyOf, type Labels } from './state.ts'

/** The last number of a group; null where there is nothing to divide by. */
export type Reading = { labels: Labels; value: number | null; isThere: boolean }

/** What was read: groups by their key, and what a group is of which nothing was counted. */
export type Readings = { groups: Map<string, Reading>; empty: number | null }

type Span = { from: number; to: number }

/** Asks the planner for what a rule watches, over a time: one number for each group. */
export async function readPlanner(
  snapshot: Snapshot,
  query: Rule['query'],
  span: Span,
): Promise<Readings> {
  const metric = metricOf(query.metric)
  if (query.per === null) return readMetric(snapshot, query, metric, query.currency, span)
  const per = metricOf(query.per)
  // Money for each of something: a number for each currency, never one of several or of one alone.
  const isSplit = isMoney(metric) !== isMoney(per) && query.currency === null
  const groupBy = isSplit ? [...new Set([...query.groupBy, 'currency' as const])] : query.groupBy
  const asked = { ...query, groupBy }
  const [of, divisor] = await Promise.all([
    readMetric(snapshot, asked, metric, query.currency, span),
    readMetric(snapshot, asked, per, query.currency, span),
  ])
  const groups = new Map<string, Reading>()
  for (const [key, { labels }] of [...of.groups, ...divisor.groups]) {
    const top = of.groups.get(key)?.value ?? of.empty
    const bottom = divisor.groups.get(key)?.value ?? divisor.empty
    const value = top === null || bottom === null || bottom === 0 ? null : top / bottom
    const isThere = [of, divisor].some(({ groups }) => groups.get(key)?.isThere)
    groups.set(key, { labels, value, isThere })
  }
  if (groups.size === 0 && query.groupBy.length === 0) {
    const labels = { currency: snapshot.venue.settings.currency }
    groups.set(keyOf(labels), { labels, value: null, isThere: false })
  }
  return { groups, empty: null }
}

async function readMetric(
  snapshot: Snapshot,
  query: Rule['query'],
  metric: Metric,
  currency: string | null,
  { from, to }: Span,
): Promise<Readings> {
  const { settings } = snapshot.venue
  const numbers = await numbersOf(snapshot, {
    metric,
    ...{ from, to, granularity: 'none', timeZone: settings.timeZone, starts: [from] },
    groupBy: query.groupBy,
    filters: plainFilters(query.filters),
    ...{ currency, includeTest: false, asOf: null },
  })
  const empty = numberOf(written(emptyValue(metric)))
  const groups = new Map<string, Reading>()
  for (const group of numbers.groups) {
    const labels = labelsOf(numbers.keys, group.key)
    const value = numberOf(written(group.total ?? emptyValue(metric)))
    groups.set(keyOf(labels), { labels, value, isThere: group.total !== null })
  }
  // Without groups there is always one, also before anything is counted.
  if (groups.size === 0 && query.groupBy.length === 0) {
    const labels = labelsOf(numbers.keys, [settings.currency])
    groups.set(keyOf(labels), { labels, value: empty, isThere: false })
  }
  return { groups, empty }
}

function metricOf(name: string): Metric {
  const metric = catalogue.get(name)
  if (!metric) throw new Error(`${name} is no metric`)
  return metric
}

// Thresholds are numbers: what is beyond 2^53 is near enough.
const numberOf = (value: number | null): number | null => (value === null ? null : Number(value))

const labelsOf = (keys: readonly Dimension[], values: readonly (string | null)[]): Labels =>
  Object.fromEntries(
    keys.flatMap((name, i) => {
      const value = values[i] ?? null
      return value === null ? [] : [[name, value]]
    }),
  )
