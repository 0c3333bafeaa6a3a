import { Refusal } from '../errors.ts'
import type { Dimension } from '../ledger/entry.ts'
import { cursorOf, listOf, readCursor } from '../paging.ts'
import { formatInstant } from '../time/zones.ts'
import { emptyValue, type Numbers, reread, written } from './answer.ts'
import { earlier, inSnapshot, numbersOf, type Snapshot } from './ask.ts'
import { catalogue, isMoney, type Metric } from './catalogue.ts'
import { nothingKept } from './kept.ts'
import { exactMoment, maxPoints, type Question, spanOf, tooManyPoints } from './question.ts'
import { plainFilters, type TableAnswer, type TableQuery } from './table-schema.ts'

type Row = TableAnswer['rows'][number]

/**
 * Answers several measures of one time as a table: the other door to the planner. Pages are cut
 * from one answer: a cursor carries the moment the first page was true at.
 */
export async function askTable(
  venueId: string,
  query: TableQuery,
  kept = nothingKept(),
): Promise<TableAnswer> {
  const page = query.cursor ? readPage(venueId, query, query.cursor) : { offset: 0, asOf: null }
  const answer = async (snapshot: Snapshot) => {
    const asked = page.asOf ?? (query.asOf ? exactMoment(query.asOf) : null)
    const then = asked && earlier(asked, snapshot.asOf)
    const { columns, rows } = await tableOf(snapshot, query, then)
    const asOf = then ?? snapshot.asOf
    const end = page.offset + query.limit
    const nextCursor = end < rows.length ? pageCursor(venueId, query, { offset: end, asOf }) : null
    return { columns, rows: rows.slice(page.offset, end), nextCursor, asOf }
  }
  return inSnapshot(venueId, answer, kept)
}

async function tableOf(snapshot: Snapshot, query: TableQuery, asOf: string | null) {
  const { settings } = snapshot.venue
  const metrics = query.measures.flatMap((name) => catalogue.get(name) ?? [])
  const base = {
    ...spanOf(query.time, settings, 'time.'),
    filters: plainFilters(query.filters),
    currency: query.currency ?? null,
    includeTest: query.include_test,
    asOf,
  }
  const ask = async (groupBy: Dimension[], asked: Metric[]) => {
    const answers = new Map<string, Numbers>()
    // One connection: the measures take turns on it, five at most.
    for (const metric of asked) {
      answers.set(metric.name, await numbersOf(snapshot, { ...base, metric, groupBy }))
    }
    return answers
  }
  const money = await ask(query.dimensions, metrics.filter(isMoney))
  const found = currenciesOf([...money.values()])
  // Money of several currencies is never one sum: then every row is of one currency.
  const groupBy: Dimension[] =
    found.size > 1 && !query.dimensions.includes('currency')
      ? [...query.dimensions, 'currency']
      : query.dimensions
  // Money was split by currency the first time already; counts were not asked yet.
  const counts = await ask(
    groupBy,
    metrics.filter((metric) => !isMoney(metric)),
  )
  const answers = metrics.flatMap(({ name }) => money.get(name) ?? counts.get(name) ?? [])
  const [only] = found
  const told = query.currency ?? (found.size > 1 ? null : (only ?? settings.currency))
  return rowsOf(query, base, groupBy, metrics, answers, told)
}

function currenciesOf(answers: Numbers[]): Set<string | null> {
  const at = ({ keys }: Numbers) => keys.indexOf('currency')
  return new Set(
    answers.flatMap((one) =>
      at(one) < 0 ? [] : one.groups.map(({ key }) => key[at(one)] ?? null),
    ),
  )
}

function rowsOf(
  query: TableQuery,
  base: Pick<Question, 'starts' | 'timeZone' | 'granularity'>,
  groupBy: Dimension[],
  metrics: Metric[],
  answers: Numbers[],
  told: string | null,
) {
  const hasTime = base.granularity !== 'none'
  const columns = [
    ...(hasTime ? [{ name: 'time', unit: 'time' }] : []),
    ...groupBy.map((name) => ({ name, unit: 'text' })),
    ...metrics.map((metric) => ({
      name: metric.name,
      unit: metric.unit,
      ...(isMoney(metric) && { currency: told }),
    })),
  ]
  const keys = new Map<string, (string | null)[]>()
  const cells = answers.map((answer) => {
    const groups = new Map<string, Numbers['groups'][number]>()
    for (const group of answer.groups) {
      const key = group.key.slice(0, groupBy.length)
      keys.set(JSON.stringify(key), key)
      groups.set(JSON.stringify(key), group)
    }
    return groups
  })
  if (groupBy.length === 0) keys.set('[]', [])
  if (keys.size * base.starts.length > maxPoints)
    throw tooManyPoints(keys.size * base.starts.length, 'time.')
  const times = base.starts.map((start) => formatInstant(start, base.timeZone))
  const rows = base.starts.flatMap((_, at) =>
    [...keys].map(
      ([id, key]): Row => [
        ...(hasTime ? [times[at] ?? null] : []),
        ...key,
        ...metrics.map((metric, i) => {
          const group = cells[i]?.get(id)
          return written((hasTime ? group?.points.get(at) : group?.total) ?? emptyValue(metric))
        }),
      ],
    ),
  )
  const instants = new Map(times.map((time, at) => [time, base.starts[at] ?? 0]))
  return { columns, rows: sorted(rows, columns, query.order, hasTime ? instants : undefined) }
}

function sorted(
  rows: Row[],
  columns: { name: string }[],
  order: TableQuery['order'],
  instants: Map<string, number> | undefined,
): Row[] {
  const names = columns.map(({ name }) => name)
  for (const [i, { by }] of order.entries()) {
    if (names.includes(by)) continue
    const message = `order.${i}.by must be one of ${names.join(', ')}`
    throw new Refusal('bad_request', `The body is not right: ${message}`, [
      { path: `order.${i}.by`, code: 'invalid', message },
    ])
  }
  // What the caller did not order is in the order of the columns: the same question, the same rows.
  const by = [
    ...order.map((one) => ({ at: names.indexOf(one.by), sign: one.dir === 'asc' ? 1 : -1 })),
    ...names.map((_, at) => ({ at, sign: 1 })),
  ]
  const valueAt = (row: Row, at: number) =>
    instants && at === 0 ? (instants.get(String(row[0])) ?? 0) : reread(row[at] ?? null)
  return rows.sort((a, b) => {
    for (const { at, sign } of by) {
      const difference = compare(valueAt(a, at), valueAt(b, at))
      if (difference !== 0) return difference * sign
    }
    return 0
  })
}

function compare(a: Row[number] | bigint, b: Row[number] | bigint): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return a < b ? -1 : 1
}

type Page = { offset: number; asOf: string | null }

const pageCursor = (venueId: string, query: TableQuery, page: Page): string =>
  cursorOf(venueId, listOf('query', query), JSON.stringify(page))

const readPage = (venueId: string, query: TableQuery, cursor: string): Page =>
  JSON.parse(readCursor(venueId, listOf('query', query), cursor))
