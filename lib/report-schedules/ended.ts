import { withTenantJob } from '../clients/postgres.ts'
import { describeFault, log } from '../log.ts'
import { scheduleOf } from './once-id.ts'
import { settleRuns } from './run-store.ts'
import { readSchedule } from './store.ts'
import { tellEnds } from './tell.ts'

/**
 * To be called after the end of an export was committed, of whatever `onceId` it is: where a schedule
 * asked for it, its run ends and people are told. Never throws: what fails here the clock does within a
 * minute.
 */
export async function reportEnded(venueId: string, { onceId }: { onceId: string }): Promise<void> {
  const id = scheduleOf(onceId)
  if (id === undefined) return
  try {
    const schedule = await withTenantJob(venueId, async (tx) => {
      await settleRuns(tx, venueId, id)
      return readSchedule(tx, venueId, id, null)
    })
    if (schedule) await tellEnds(venueId, schedule)
  } catch (error) {
    log('warn', 'the end of a report is told by the clock', describeFault(error))
  }
}
