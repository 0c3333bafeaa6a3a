import { Refusal } from '../errors.ts'
import { dimensions } from '../ledger/entry.ts'
import { written } from '../metrics/answer.ts'
import { earlier, entityOf, inSnapshot, type Snapshot } from '../metrics/ask.ts'
import { catalogue, isMoney } from '../metrics/catalogue.ts'
import { type Question, questionOf } from '../metrics/question.ts'
import { cursorOf, listOf, readCursor } from '../paging.ts'
import { formatInstant } from '../time/zones.ts'
import type { ExplainQuery, Explanation, Item } from './schema.ts'
import { type Row, readEntries, readWhole, type Source, type Whole } from './store.ts'

/** The most entries that one number is explained by: their lines are put together at once. */
const mostEntries = 500_000

// Where the next page begins, and the whole, which the first page has read for all of them.
type Place = { asOf: string; at: string; entry: string; wholes: Whole[]; checksum: string }

/**
 * The ledger entries behind one number of a venue, page by page and all of the moment of the first.
 * Their values add up to what the planner answers then.
 */
export async function explain(
  venueId: string,
  name: string,
  query: ExplainQuery,
): Promise<Explanation> {
  const metric = catalogue.get(name)
  if (!metric) throw new Refusal('not_found', 'There is no such metric')
  const list = listOf(`explain ${name}`, query)
  const place: Place | null = query.cursor
    ? JSON.parse(readCursor(venueId, list, query.cursor))
    : null
  return inSnapshot(venueId, async (snapshot) => {
    const { settings } = snapshot.venue
    const asked = questionOf(metric, { ...query, granularity: 'none' }, settings)
    const asOf = place?.asOf ?? (asked.asOf ? earlier(asked.asOf, snapshot.asOf) : snapshot.asOf)
    const question = { ...asked, asOf }
    const source = sourceOf(question, snapshot)
    const { wholes, checksum } = place ?? (await wholeOf(snapshot, question, source))
    const { tx } = snapshot
    const page = { after: place, limit: query.limit + 1 }
    const rows = await readEntries(tx, venueId, question, source, page)
    const shown = rows.slice(0, query.limit)
    const last = rows.length > shown.length ? shown.at(-1) : undefined
    const next: Place | undefined = last && {
      ...{ asOf, wholes, checksum },
      ...{ at: last.occurredAt, entry: last.entry },
    }
    return {
      metric: name,
      unit: metric.unit,
      from: formatInstant(question.from, question.timeZone),
      to: formatInstant(question.to, question.timeZone),
      asOf,
      ...sumsOf(question, wholes),
      checksum,
      items: shown.map(itemOf),
      nextCursor: next ? cursorOf(venueId, list, JSON.stringify(next)) : null,
    }
  })
}

function sourceOf(question: Question, { venue }: Snapshot): Source {
  const { formula, name } = question.metric
  if (formula.kind === 'distinct') {
    throw unexplained(name, 'it counts people, of whom nothing is told: explain orders')
  }
  if (formula.kind === 'ratio') {
    throw unexplained(name, `it is a ratio: explain ${formula.of} and ${formula.per}`)
  }
  const entity = entityOf(question, [], venue)
  return entity ? { entity } : { plus: formula.plus, minus: formula.minus }
}

async function wholeOf({ tx, venueId }: Snapshot, question: Question, source: Source) {
  const whole = await readWhole(tx, venueId, question, source, mostEntries)
  if (whole) return whole
  const message = `more than ${mostEntries} entries are behind the number: ask for a shorter time`
  throw new Refusal('unprocessable', `The answer would be too long: ${message}`, [
    { path: 'to', code: 'too_many_entries', message },
  ])
}

const unexplained = (name: string, why: string): Refusal =>
  new Refusal('unprocessable', `${name} has no entries of its own: ${why}`, [
    { path: 'metric', code: 'not_additive', message: why },
  ])

// As the planner tells them: money of several currencies has no whole, what is no money has one.
function sumsOf({ metric }: Question, wholes: Whole[]) {
  const exact = (sum: bigint) => written(sum) ?? 0
  const sum = wholes.reduce((left, { total }) => left + BigInt(total), 0n)
  const isMixed = isMoney(metric) && wholes.filter(({ isLeft }) => isLeft).length > 1
  return {
    total: isMixed ? null : exact(sum),
    totals: wholes.map(({ isLeft, ...one }) => ({ ...one, total: exact(BigInt(one.total)) })),
    entries: wholes.reduce((count, { entries }) => count + entries, 0),
  }
}

function itemOf(row: Row): Item {
  const told = Object.fromEntries(
    dimensions.map((name, i) => [name, row[`d${i}`] ?? null]),
  ) as Item['dimensions']
  const { entry, eventId, orderId, occurredAt, recordedAt, value } = row
  const exact = written(BigInt(value)) ?? 0
  return {
    ...{ entry, eventId, orderId, occurredAt, recordedAt },
    value: exact,
    currency: told.currency,
    dimensions: told,
  }
}
