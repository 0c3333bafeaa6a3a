import { columnsOf, eachOf, item } from '../clients/lists.ts'
import { type Tx, withTenantJob } from '../clients/postgres.ts'
import { bucketStarts, businessDayOf } from '../time/periods.ts'
import { readVenue } from '../venues/store.ts'
import { measures } from './entry.ts'
import { lockVenue } from './state.ts'

const mostDays = 1_000_000

/**
 * Makes the day tier of a venue anew from its ledger, in one transaction; ingests of the venue wait
 * meanwhile, readers take the quarter tier. Returns 1 when it did, 0 when there was nothing to do.
 */
export async function rebuildDays(venueId: string): Promise<number> {
  return withTenantJob(venueId, async (tx) => {
    await lockVenue(tx, venueId)
    const { settings, daysStale } = await readVenue(tx, venueId)
    if (!daysStale) return 0
    const [span] = await tx<{ first: Date | null; last: Date | null }[]>`
      select min(occurred_at) as first, max(occurred_at) as last
        from ledger
       where venue_id = ${venueId}`
    await tx`delete from buckets where venue_id = ${venueId} and tier = 'day'`
    if (span?.first && span.last) {
      const from = businessDayOf(span.first.getTime(), settings).start
      const to = businessDayOf(span.last.getTime(), settings).end
      await insertDays(tx, venueId, bucketStarts(from, to, 'day', settings, mostDays))
    }
    await tx`update venues set days_stale = false where venue_id = ${venueId}`
    return 1
  })
}

async function insertDays(tx: Tx, venueId: string, starts: number[]): Promise<void> {
  // Subqueries, so that the text is read once and not for every entry.
  const texts = `{${starts.map((start) => new Date(start).toISOString()).join(',')}}`
  const bounds = tx`(select ${texts}::text::timestamptz[])`
  const sums = eachOf(tx, measures)`sum(${item})::bigint`
  await tx`
    insert into buckets (venue_id, tier, bucket, series_id, ${columnsOf(tx, measures)},
                         entries)
    select ${venueId}, 'day',
           (${bounds})[width_bucket(occurred_at, ${bounds})],
           series_id, ${sums}, count(*)
      from ledger
     where venue_id = ${venueId}
     group by 3, 4`
}
