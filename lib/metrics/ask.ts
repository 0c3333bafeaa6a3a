import { readTenant, type Tx } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import type { Dimension } from '../ledger/entry.ts'
import { readVenue, type VenueRow } from '../venues/store.ts'
import {
  add,
  type MetricAnswer,
  measuresOf,
  type Numbers,
  type Value,
  writeAnswer,
} from './answer.ts'
import { catalogue, isMoney } from './catalogue.ts'
import { isDear, type Kept, keep, keptNumbers, nothingKept } from './kept.ts'
import { planOf, type Span } from './plan.ts'
import { type MetricQuery, type Question, questionOf } from './question.ts'
import { countDistinct, type Entity, quietMoment, type SumRow, sumMeasures } from './store.ts'

/** Answers one question of a venue: the only door to its numbers. */
export async function askMetric(
  venueId: string,
  name: string,
  query: MetricQuery,
  kept = nothingKept(),
): Promise<MetricAnswer> {
  const metric = catalogue.get(name)
  if (!metric) throw new Refusal('not_found', 'There is no such metric')
  const answer = async (snapshot: Snapshot) => {
    const question = questionOf(metric, query, snapshot.venue.settings)
    const then = question.asOf && earlier(question.asOf, snapshot.asOf)
    const numbers = await numbersOf(snapshot, { ...question, asOf: then })
    return writeAnswer(question, numbers, snapshot.venue.settings, then ?? snapshot.asOf)
  }
  return inSnapshot(venueId, answer, kept)
}

/** A venue's rows as they are at one moment, and that moment: everything until then is in it. */
export type Snapshot = { tx: Tx; venueId: string; venue: VenueRow; asOf: string; kept: Kept }

/** Answers from one snapshot; `kept` tells what of it came from Redis. */
export async function inSnapshot<T>(
  venueId: string,
  work: (snapshot: Snapshot) => Promise<T>,
  kept = nothingKept(),
): Promise<T> {
  // Before the snapshot: what was recorded until a quiet moment is in every later snapshot.
  const quiet = await quietMoment(venueId)
  const answer = await readTenant(venueId, async (tx) => {
    const venue = await readVenue(tx, venueId)
    return work({ tx, venueId, venue, asOf: asOfOf(quiet, venue), kept })
  })
  await keep(kept)
  return answer
}

function asOfOf(quiet: string | null, venue: VenueRow): string {
  const recorded = venue.lastRecordedAt
  if (quiet === null) return recorded ?? '1970-01-01T00:00:00.000000Z'
  return recorded && recorded > quiet ? recorded : quiet
}

/** The earlier of two moments, both in UTC to the microsecond. */
export const earlier = (asked: string, known: string): string => (asked < known ? asked : known)

/** The numbers of one question in the snapshot of the transaction. */
export async function numbersOf(snapshot: Snapshot, question: Question): Promise<Numbers> {
  const keys = keysOf(question)
  const plan = planOf(question, snapshot.venue)
  const entity = entityOf(question, keys, snapshot.venue)
  const compute = () => computed(snapshot, question, keys, plan, entity)
  if (!entity && !isDear(plan)) return compute()
  return keptNumbers(snapshot.kept, snapshot, question, compute)
}

async function computed(
  { tx, venueId }: Snapshot,
  question: Question,
  keys: Dimension[],
  plan: Span[],
  entity: Entity | undefined,
): Promise<Numbers> {
  const { formula } = question.metric
  const measures = measuresOf(question)
  if (entity === 'customers') {
    return distinctNumbers(keys, await countDistinct(tx, venueId, question, entity, keys))
  }
  if (entity) {
    const orders = await countDistinct(tx, venueId, question, entity, keys)
    if (formula.kind !== 'ratio') return distinctNumbers(keys, orders)
    const rows = await sumMeasures(tx, venueId, question, plan, [formula.of], keys)
    const gross = summedNumbers(keys, rows, ([v]) => v ?? null)
    return ratioNumbers(gross, distinctNumbers(keys, orders))
  }
  const rows = await sumMeasures(tx, venueId, question, plan, measures, keys)
  return summedNumbers(keys, rows, (values) => {
    if (formula.kind === 'ratio') return { of: values[0] ?? 0n, per: values[1] ?? 0n }
    const plus = formula.kind === 'sum' ? formula.plus.length : 0
    return values.reduce((sum, value, i) => (i < plus ? sum + value : sum - value), 0n)
  })
}

const entities = [
  { measure: 'orders', entity: 'orders' },
  { measure: 'orders_cancelled', entity: 'cancelled orders' },
] as const

/** What a question counts by looking at each line; undefined where sums tell it. */
export function entityOf(
  question: Question,
  keys: Dimension[],
  venue: VenueRow,
): Entity | undefined {
  if (question.metric.formula.kind === 'distinct') return 'customers'
  const measures = measuresOf(question)
  const entity = entities.find(({ measure }) => measures.includes(measure))?.entity
  return entity && seesLines(question, keys, venue) ? entity : undefined
}

// An order has no ticket type of its own, and one paid by several events may have lines in several
// groups: then orders are counted from their lines, once in each group and once in the whole.
function seesLines({ filters, currency }: Question, keys: Dimension[], venue: VenueRow): boolean {
  const asked = [...keys, ...filters.map(({ dimension }) => dimension)]
  if (asked.includes('ticket_type')) return true
  return venue.splitOrders && (asked.length > 0 || currency !== null)
}

// Money is split by currency even when nobody asked, so that two currencies are never one sum.
function keysOf({ metric, groupBy, currency }: Question): Dimension[] {
  const isSplit = !isMoney(metric) || currency !== null || groupBy.includes('currency')
  return isSplit ? groupBy : [...groupBy, 'currency']
}

function summedNumbers(
  keys: Dimension[],
  rows: SumRow[],
  toValue: (values: bigint[]) => Value,
): Numbers {
  const groups = groupsOf(rows, toValue)
  for (const group of groups) group.total = [...group.points.values()].reduce(add, null)
  return { keys, groups, total: groups.map((group) => group.total).reduce(add, null) }
}

function distinctNumbers(keys: Dimension[], rows: (SumRow & { isGrand: boolean })[]): Numbers {
  const value = (row: SumRow | undefined) => row?.values[0] ?? null
  const grand = value(rows.find((row) => row.isGrand && row.point < 0))
  const groups = groupsOf(
    rows.filter((row) => row.point >= 0),
    ([count]) => count ?? null,
  )
  for (const group of groups) {
    const own = rows.find((r) => r.point < 0 && !r.isGrand && sameKey(r.key, group.key))
    group.total = keys.length === 0 ? grand : value(own)
  }
  return { keys, groups, total: grand }
}

function ratioNumbers(of: Numbers, per: Numbers): Numbers {
  const ratio = (top: Value, bottom: Value): Value => ({
    of: (top as bigint | null) ?? 0n,
    per: (bottom as bigint | null) ?? 0n,
  })
  // From both sides: an order may be booked on a day or in a group in which nothing was paid.
  const known = new Map([...of.groups, ...per.groups].map(({ key }) => [JSON.stringify(key), key]))
  const groups = [...known.values()].map((key) => {
    const top = of.groups.find((group) => sameKey(group.key, key))
    const bottom = per.groups.find((group) => sameKey(group.key, key))
    const ats = new Set([...(top?.points.keys() ?? []), ...(bottom?.points.keys() ?? [])])
    const points = new Map<number, Value>()
    for (const at of ats) {
      points.set(at, ratio(top?.points.get(at) ?? null, bottom?.points.get(at) ?? null))
    }
    return { key, points, total: ratio(top?.total ?? null, bottom?.total ?? null) }
  })
  return { keys: of.keys, groups, total: ratio(of.total, per.total) }
}

function groupsOf(rows: SumRow[], toValue: (values: bigint[]) => Value): Numbers['groups'] {
  const groups = new Map<string, Numbers['groups'][number]>()
  for (const row of rows) {
    const id = JSON.stringify(row.key)
    const group = groups.get(id) ?? { key: row.key, points: new Map(), total: null }
    group.points.set(row.point, toValue(row.values))
    groups.set(id, group)
  }
  return [...groups.values()]
}

const sameKey = (a: (string | null)[], b: (string | null)[]): boolean =>
  a.every((part, i) => part === b[i])
