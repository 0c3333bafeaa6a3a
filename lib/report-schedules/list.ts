import type { Caller } from '../access/grants.ts'
import { readTenant } from '../clients/postgres.ts'
import { paged } from '../paging.ts'
import { isUuid } from '../uuid.ts'
import { noSuchSchedule, type Revised, seenBy } from './change.ts'
import { listRuns } from './run-store.ts'
import type { ReportRun, Schedule } from './schema.ts'
import { listSchedules, readSchedule } from './store.ts'

type Asked = { limit: number; cursor?: string | undefined }
type Listing<T> = { items: T[]; nextCursor: string | null }

/** A page of the schedules that the caller may see, the latest first. */
export async function pageOfSchedules(
  venueId: string,
  caller: Caller,
  page: Asked,
): Promise<Listing<Schedule>> {
  const seen = seenBy(caller, venueId)
  // Of all schedules and of one person's there are cursors of their own.
  const { items, nextCursor } = await readTenant(venueId, (tx) =>
    paged(venueId, `report schedules ${JSON.stringify(seen)}`, page, (at) =>
      listSchedules(tx, venueId, seen, at),
    ),
  )
  return { items: items.map(({ schedule }) => schedule), nextCursor }
}

/** One schedule. Throws a Refusal where the caller may see none of that id. */
export async function scheduleWhole(venueId: string, caller: Caller, id: string): Promise<Revised> {
  if (!isUuid(id)) throw noSuchSchedule()
  const [found] = await readTenant(venueId, (tx) =>
    listSchedules(tx, venueId, seenBy(caller, venueId), { after: null, limit: 1 }, id),
  )
  if (!found) throw noSuchSchedule()
  return found.item
}

/** A page of the runs of a schedule, the latest first. */
export async function pageOfRuns(
  venueId: string,
  caller: Caller,
  id: string,
  page: Asked,
): Promise<Listing<ReportRun>> {
  if (!isUuid(id)) throw noSuchSchedule()
  return readTenant(venueId, async (tx) => {
    const found = await readSchedule(tx, venueId, id, seenBy(caller, venueId))
    if (!found) throw noSuchSchedule()
    return paged(venueId, `report runs ${id}`, page, (at) => listRuns(tx, venueId, id, at))
  })
}
