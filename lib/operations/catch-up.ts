import { catchUpArchive, outboxDepth } from '../archive/catch-up.ts'
import { withJob } from '../clients/postgres.ts'
import { sweepKeys } from '../idempotency/sweep.ts'
import { rebuildDays } from '../ledger/rebuild-days.ts'
import { describeFault, log } from '../log.ts'
import { refreshLive } from '../realtime/refresh.ts'

type Waiting = { venueId: string; daysStale: boolean; archiveBehind: boolean }

/**
 * Does what ingests left for later: raw copies that Mongo had no time for, and the day tier of
 * venues whose days begin otherwise than before. A venue that fails waits for the next tick. Then
 * live numbers that Redis lost are put back, and idempotency keys of yesterday are forgotten.
 */
export async function catchUp(): Promise<Record<string, number>> {
  const waiting = await withJob((tx) => tx<Waiting[]>`select * from venues_with_work()`)
  const done = {
    venues: waiting.length,
    outboxDepth: 0,
    archived: 0,
    rebuilt: 0,
    failed: 0,
    live: 0,
    keys: 0,
  }
  // Venue after venue: nobody waits for this, and it must leave the stores to those who count.
  for (const { venueId, daysStale, archiveBehind } of waiting) {
    try {
      if (daysStale) done.rebuilt += await rebuildDays(venueId)
      if (archiveBehind) done.outboxDepth += await outboxDepth(venueId)
      if (archiveBehind) done.archived += await catchUpArchive(venueId)
    } catch (error) {
      done.failed += 1
      log('warn', 'a venue waits for the next tick', { venue: venueId, ...describeFault(error) })
    }
  }
  done.live = await refreshLive(new Date())
  done.keys = await sweepKeys()
  return done
}
