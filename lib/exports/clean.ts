import type { Tx } from '../clients/postgres.ts'
import { forgetObjects, readRefuse } from './claims.ts'
import { removeObject } from './object-removal.ts'

/** The way to a venue's rows, of whoever cleans: withTenant or withTenantJob. */
type Door = <T>(venueId: string, work: (tx: Tx) => Promise<T>) => Promise<T>

/** Removes the objects of an export that is over, and then notes it; leaves one at work alone. */
export async function cleanExport(door: Door, venueId: string, exportId: string): Promise<void> {
  const refuse = await door(venueId, (tx) => readRefuse(tx, venueId, exportId))
  if (!refuse) return
  await Promise.all(refuse.map(removeObject))
  await door(venueId, (tx) => forgetObjects(tx, venueId, exportId))
}
