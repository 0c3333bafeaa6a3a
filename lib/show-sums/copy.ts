import { tenantCollection } from '../clients/mongo.ts'
import { withTenantJob } from '../clients/postgres.ts'
import { type Measure, measures } from '../ledger/entry.ts'
import { markCopied, readUncopied, type ShowSums, showsAtOnce } from './store.ts'

/** A show's sums as Mongo keeps them, one entry for each currency; money in minor units. */
export type ShowDocument = {
  _id: string
  venue_id: string
  event_id: string
  /** Everything recorded until then is in the sums. */
  as_of: Date
  totals: ({ currency: string | null } & Record<Measure, bigint>)[]
}

/**
 * Copies the sums of a venue's shows that changed into their documents `event_analytics`; returns how
 * many. They are marked only after Mongo has them, so what dies in between is copied again.
 */
export async function copyShows(venueId: string): Promise<number> {
  let copied = 0
  // Page after page, because each is marked only after Mongo has it.
  for (;;) {
    const rows = await withTenantJob(venueId, (tx) => readUncopied(tx, venueId))
    if (rows.length === 0) return copied
    const documents = documentsOf(venueId, rows)
    const collection = await tenantCollection<ShowDocument>(venueId, 'event_analytics')
    await collection.replaceOlder(documents)
    await withTenantJob(venueId, (tx) => markCopied(tx, venueId, rows))
    copied += documents.length
    if (documents.length < showsAtOnce) return copied
  }
}

/** The documents of shows from their sums. */
export function documentsOf(venueId: string, rows: ShowSums[]) {
  const shows = Map.groupBy(rows, ({ showId }) => showId)
  return [...shows].map(([showId, own]) => ({
    _id: `${venueId}/${showId}`,
    event_id: showId,
    as_of: new Date(Math.max(...own.map(({ asOf }) => Date.parse(asOf)))),
    totals: own.map((row) => ({
      currency: row.currency || null,
      ...(Object.fromEntries(
        measures.map((measure, i) => [measure, BigInt(row[`m${i}`] ?? 0)]),
      ) as Record<Measure, bigint>),
    })),
  }))
}
