import { createHash } from 'node:crypto'
import { withJob } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { sendEach } from '../operations/fan-out.ts'
import { tickAt } from './duration.ts'
import { venuesWithAlerts } from './tick-store.ts'

/** So many venues begin together; the others some seconds later, each always at the same second. */
const together = 50
const longestStaggerSeconds = 20

/**
 * Sends one message for each venue that has alerts, with the minute that it is to be evaluated at, so
 * that a bad venue delays no other. Returns how many. Throws StoreUnavailable.
 */
export async function checkAlerts(now: Date): Promise<Record<string, number>> {
  const venues = await withJob(venuesWithAlerts)
  const tick = tickAt(now).toISOString()
  const slots = Math.min(longestStaggerSeconds, Math.ceil(venues.length / together))
  const url = config('alerts').EVALUATE_ALERTS_QUEUE_URL
  const bySlot = Map.groupBy(venues, ({ venueId }) => slotOf(venueId, slots))
  await Promise.all(
    [...bySlot].map(([slot, some]) =>
      sendEach(
        url,
        some.map(({ venueId }) => ({ venueId, tick })),
        slot,
      ),
    ),
  )
  return { venues: venues.length }
}

const slotOf = (venueId: string, slots: number): number =>
  createHash('sha256').update(venueId).digest().readUInt32BE() % Math.max(1, slots)
