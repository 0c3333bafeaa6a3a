import { readTenant } from '../clients/postgres.ts'
import { describeFault, log } from '../log.ts'
import { announce } from '../sockets/announce.ts'
import { readOpen } from './instance-store.ts'

/** More of them a frame would not hold: the API lists all. */
const mostTold = 100

/**
 * Tells the channel `venue:{id}:alerts` which instances are open now. Never throws: the API knows it
 * already, and what is lost here the next change tells.
 */
export async function announceAlerts(venueId: string): Promise<void> {
  try {
    const rows = await readTenant(venueId, (tx) => readOpen(tx, venueId, mostTold + 1))
    const told = { open: rows.slice(0, mostTold), isMore: rows.length > mostTold }
    await announce(venueId, `venue:${venueId}:alerts`, told)
  } catch (error) {
    log('warn', 'sockets are not told of alerts', { venue: venueId, ...describeFault(error) })
  }
}

/** Does something to instances of a venue, and has its channel told. */
export async function announced<T>(venueId: string, work: Promise<T>): Promise<T> {
  const done = await work
  await announceAlerts(venueId)
  return done
}
