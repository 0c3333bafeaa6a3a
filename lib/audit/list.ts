import { readTenant } from '../clients/postgres.ts'
import { paged } from '../paging.ts'
import { isUuid } from '../uuid.ts'
import type { Run, RunWhole } from './schema.ts'
import { listRuns, readFindings } from './store.ts'

const mostFindings = 1000

/** A page of a venue's audits, the latest first. */
export const pageOfRuns = (
  venueId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: Run[]; nextCursor: string | null }> =>
  readTenant(venueId, (tx) => paged(venueId, 'audits', page, (at) => listRuns(tx, venueId, at)))

/** One audit of a venue with its findings, undefined where it has none of that id. */
export async function runWhole(venueId: string, id: string): Promise<RunWhole | undefined> {
  if (!isUuid(id)) return undefined
  return readTenant(venueId, async (tx) => {
    const [found] = await listRuns(tx, venueId, { after: null, limit: 1 }, id)
    if (!found) return undefined
    return { ...found.item, findings: await readFindings(tx, venueId, id, mostFindings) }
  })
}
