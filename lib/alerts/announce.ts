import { readTenant } from '../clients/postgres.ts'
import { announce } from '../sockets/announce.ts'
import { readOpen } from './open-store.ts'

/** More of them a frame would not hold: the API lists all. */
const mostTold = 100

/** Tells the channel `venue:{id}:alerts` which instances are open now. Throws StoreUnavailable. */
export async function announceAlerts(venueId: string): Promise<void> {
  const rows = await readTenant(venueId, (tx) => readOpen(tx, venueId, mostTold + 1))
  const told = { open: rows.slice(0, mostTold), isMore: rows.length > mostTold }
  await announce(venueId, `venue:${venueId}:alerts`, told)
}
