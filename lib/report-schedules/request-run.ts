import { withTenant } from '../clients/postgres.ts'
import { requestExport } from '../exports/request.ts'
import { readVenue } from '../venues/store.ts'
import { exportOf } from './plan.ts'
import { noteRequested, type PendingRun } from './run-store.ts'
import { type Kept, readFirst } from './store.ts'

/**
 * Asks for the export of a run and notes it. Whoever dies in between has asked for it already: the next
 * asks by the same id and is given the same export. Throws what requestExport throws.
 */
export async function requestRun(venueId: string, schedule: Kept, run: PendingRun): Promise<void> {
  const { dueAt, onceId, askedBy: createdBy } = run
  const body = await withTenant(venueId, async (tx) => {
    const { settings } = await readVenue(tx, venueId)
    const first = schedule.period === 'all' ? await readFirst(tx, venueId) : null
    return exportOf(schedule, { dueAt, settings, first: first ?? dueAt })
  })
  const due = { scheduleId: schedule.id, dueAt: new Date(dueAt).toISOString() }
  const { id } = await requestExport(venueId, { createdBy, body, onceId, schedule: due })
  await withTenant(venueId, (tx) => noteRequested(tx, venueId, run.id, id))
}
