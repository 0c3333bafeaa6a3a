import type { Caller } from '../access/grants.ts'
import { readTenant, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { isUuid } from '../uuid.ts'
import { noSuchSchedule, seenBy } from './change.ts'
import { onceIdOfHand } from './once-id.ts'
import { requestRun } from './request-run.ts'
import { failRun, insertRun, listRuns, readPending } from './run-store.ts'
import type { ReportRun } from './schema.ts'
import { noteMember, readSchedule } from './store.ts'

/**
 * Runs a schedule now, as the caller and beside its times; once for each `onceId`. Should a store fail
 * after the run was noted, the clock goes on with it.
 */
export async function runNow(
  venueId: string,
  caller: Caller,
  id: string,
  { now, onceId: requestId }: { now: Date; onceId: string },
): Promise<ReportRun> {
  if (!isUuid(id)) throw noSuchSchedule()
  const onceId = onceIdOfHand(id.toLowerCase(), requestId)
  const { schedule, run } = await withTenant(venueId, async (tx) => {
    const found = await readSchedule(tx, venueId, id, seenBy(caller, venueId))
    if (!found) throw noSuchSchedule()
    await noteMember(tx, venueId, caller)
    const due = { dueAt: now.getTime(), askedBy: caller.userId, refused: null }
    await insertRun(tx, venueId, { scheduleId: id, onceId, startedBy: 'hand', ...due })
    const pending = await readPending(tx, venueId, id)
    return { schedule: found, run: pending.find((one) => one.onceId === onceId) }
  })
  if (run) {
    await requestRun(venueId, schedule, run).catch(async (error: unknown) => {
      // The caller is told here and now: nobody else need be.
      const reason = error instanceof Refusal ? error.message : undefined
      if (reason) {
        await withTenant(venueId, (tx) => failRun(tx, venueId, run.id, { reason, isDone: true }))
      }
      throw error
    })
  }
  const [found] = await readTenant(venueId, (tx) =>
    listRuns(tx, venueId, id, { after: null, limit: 1 }, onceId),
  )
  if (!found) throw noSuchSchedule()
  return found.item
}
