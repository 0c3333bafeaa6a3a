import type { Caller } from '../access/grants.ts'
import { withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { describeFault, log } from '../log.ts'
import { cleanExport } from './clean.ts'
import { findExport } from './list.ts'
import type { Export } from './schema.ts'
import { shown } from './shown.ts'
import { cancelExport, hideExport } from './store.ts'
import { tellEnd } from './tell.ts'

/** Ends an export that waits or runs; throws a conflict where it has ended. */
export async function cancel(venueId: string, caller: Caller, id: string): Promise<Export> {
  const found = await findExport(venueId, caller, id)
  if (found.status !== 'cancelled') {
    const isEnded = await withTenant(venueId, (tx) => cancelExport(tx, venueId, id))
    if (!isEnded) throw new Refusal('conflict', 'The export has ended already')
    await tellEnd(venueId, { id, status: 'cancelled' })
  }
  return shown(await findExport(venueId, caller, id))
}

/** Deletes an export and its object; one that runs is cancelled. From now on it is not there. */
export async function remove(venueId: string, caller: Caller, id: string): Promise<void> {
  await findExport(venueId, caller, id)
  await withTenant(venueId, async (tx) => {
    await cancelExport(tx, venueId, id)
    await hideExport(tx, venueId, id)
  })
  // What cannot be removed now, or while a worker is at it, the clock removes.
  await cleanExport(withTenant, venueId, id).catch((error: unknown) => {
    log('warn', 'an export waits to be removed', { venue: venueId, ...describeFault(error) })
  })
}
