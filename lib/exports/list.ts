import { type Caller, holds } from '../access/grants.ts'
import { readTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { listOf, paged } from '../paging.ts'
import { isUuid } from '../uuid.ts'
import type { Export, ExportQuery } from './schema.ts'
import { shown } from './shown.ts'
import { type Found, listExports } from './store.ts'

/** Whose exports a caller sees: an analyst those of their own, a manager all of the venue. */
export const ownerSeen = (caller: Caller, venueId: string): string | null =>
  holds(caller, venueId, 'manager') ? null : caller.userId

/** A page of the exports that the caller sees, the latest first. */
export async function pageOfExports(
  venueId: string,
  caller: Caller,
  query: ExportQuery,
): Promise<{ items: Export[]; nextCursor: string | null }> {
  const { status = null, type = null, createdBy = null } = query
  const owner = ownerSeen(caller, venueId)
  if (owner !== null && createdBy !== null && createdBy !== owner) {
    return { items: [], nextCursor: null }
  }
  const which = { status, type, createdBy: owner ?? createdBy }
  return readTenant(venueId, async (tx) => {
    const list = listOf(`exports ${owner ?? ''}`, query)
    const page = await paged(venueId, list, query, (at) => listExports(tx, venueId, which, at))
    return { ...page, items: page.items.map(shown) }
  })
}

/** One export that the caller sees; throws a Refusal where there is none. */
export async function findExport(venueId: string, caller: Caller, id: string): Promise<Found> {
  const which = { id, createdBy: ownerSeen(caller, venueId) }
  const [found] = isUuid(id)
    ? await readTenant(venueId, (tx) => listExports(tx, venueId, which, { after: null, limit: 1 }))
    : []
  if (!found) throw new Refusal('not_found', 'There is no such export')
  return found.item
}
