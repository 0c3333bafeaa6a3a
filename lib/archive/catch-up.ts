import { withTenant } from '../clients/postgres.ts'
import { lockVenue } from '../ledger/state.ts'
import { archive } from './archive.ts'
import { countOutbox, deleteOutbox, readOutbox } from './store.ts'

const pageSize = 500

/** Sends a venue's waiting raw copies to Mongo, page by page; returns how many went. */
export async function catchUpArchive(venueId: string): Promise<number> {
  let sent = 0
  // Page after page, because each is forgotten only after Mongo has it.
  for (;;) {
    const page = await withTenant(venueId, (tx) => readOutbox(tx, venueId, pageSize))
    if (page.length > 0) await archive(venueId, page)
    await withTenant(venueId, async (tx) => {
      await lockVenue(tx, venueId) // an ingest may be adding to the outbox right now
      await deleteOutbox(
        tx,
        venueId,
        page.map((document) => document._id),
      )
    })
    sent += page.length
    if (page.length < pageSize) return sent
  }
}

/** How many raw copies of a venue wait for Mongo. */
export const outboxDepth = (venueId: string): Promise<number> =>
  withTenant(venueId, (tx) => countOutbox(tx, venueId))
