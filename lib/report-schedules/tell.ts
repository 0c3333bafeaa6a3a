import { withTenantJob } from '../clients/postgres.ts'
import { announceUser } from '../sockets/announce.ts'
import { noteTold, readUntold, type UntoldRun } from './run-store.ts'
import type { Kept } from './store.ts'

/**
 * Tells how runs of a schedule have ended, on the channels of people: recipients of a file, by the
 * export's id; the owner of what failed; both of what was refused. Told again where it is not known
 * whether it was. Returns of how many runs. Throws StoreUnavailable.
 */
export async function tellEnds(venueId: string, schedule: Kept): Promise<number> {
  const untold = await withTenantJob(venueId, (tx) => readUntold(tx, venueId, schedule.id))
  // One after the other: the channel of a person tells the last thing that was said there.
  for (const run of untold) {
    const { id: runId, state, ...told } = run
    const { id: scheduleId, name } = schedule
    const message = { kind: `report.${state}`, venueId, scheduleId, name, runId, ...told }
    await Promise.all(hearersOf(schedule, run).map((userId) => announceUser(userId, message)))
    await withTenantJob(venueId, (tx) => noteTold(tx, venueId, runId))
  }
  return untold.length
}

function hearersOf({ createdBy, recipients }: Kept, { state }: UntoldRun): string[] {
  if (state === 'completed') return recipients
  return state === 'failed' ? [createdBy] : [...new Set([createdBy, ...recipients])]
}
