import { tenantCollection } from '../clients/mongo.ts'
import type { Tx } from '../clients/postgres.ts'
import { type Measure, measures } from '../ledger/entry.ts'
import { documentsOf, type ShowDocument } from './copy.ts'
import { markUncopied, readSums } from './store.ts'

export type DocumentDrift = { showId: string; stored: Numbers | null; recomputed: Numbers | null }
type Numbers = Record<string, number>

const mostDocuments = 100_000

/**
 * Compares the documents of a venue's shows with the sums they are copied from. What differs is
 * marked to be copied again, what should not be is deleted. The caller holds the lease of the
 * venue's windows, so the sums stand still; a show whose copy is on its way is left out.
 */
export async function compareDocuments(
  tx: Tx,
  venueId: string,
): Promise<{ checked: number; drift: DocumentDrift[] }> {
  const rows = await readSums(tx, venueId)
  const waiting = new Set(rows.filter(({ copied }) => !copied).map(({ showId }) => showId))
  const collection = await tenantCollection<ShowDocument>(venueId, 'event_analytics')
  const found = await collection.find({}, { limit: mostDocuments })
  const expected = new Map(documentsOf(venueId, rows).map((one) => [one._id, one]))
  const stored = new Map(found.map((one) => [one._id, one]))
  const drift: DocumentDrift[] = []
  const wrong: string[] = []
  for (const id of new Set([...expected.keys(), ...stored.keys()])) {
    const [is, should] = [stored.get(id), expected.get(id)]
    const showId = should?.event_id ?? is?.event_id ?? ''
    if (waiting.has(showId)) continue
    const [left, right] = [is && numbersOf(is), should && numbersOf(should)]
    if (is?.as_of.getTime() === should?.as_of.getTime() && isSame(left, right)) continue
    drift.push({
      showId,
      stored: left ? without(left, right) : null,
      recomputed: right ? without(right, left) : null,
    })
    // A document of a later moment than its sums would never be replaced.
    const isLater = is && (!should || is.as_of > should.as_of)
    if (isLater) wrong.push(id)
  }
  if (drift.length > 0)
    await markUncopied(
      tx,
      venueId,
      drift.map(({ showId }) => showId),
    )
  if (wrong.length > 0) await collection.delete(wrong)
  return { checked: found.length, drift }
}

type Told = { totals: ({ currency: string | null } & Partial<Record<Measure, unknown>>)[] }

/** The numbers of a document by measure and currency. */
function numbersOf({ totals }: Told): Numbers {
  return Object.fromEntries(
    totals.flatMap((total) =>
      measures.map((measure) => [
        total.currency ? `${measure}:${total.currency}` : measure,
        Number(total[measure] ?? 0),
      ]),
    ),
  )
}

const isSame = (a: Numbers | undefined, b: Numbers | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  Object.keys({ ...a, ...b }).every((key) => a[key] === b[key])

const without = (some: Numbers, others: Numbers | undefined): Numbers =>
  Object.fromEntries(Object.entries(some).filter(([key, value]) => others?.[key] !== value))
