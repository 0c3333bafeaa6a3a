import { type Tx, withTenantJob } from '../clients/postgres.ts'
import { handOver } from '../messages/hand-over.ts'
import { type NewMessage, type Written, writeMessages } from '../messages/write.ts'
import { announceUser } from '../sockets/announce.ts'
import { noteTold, readUntold, type UntoldRun } from './run-store.ts'
import type { Kept } from './store.ts'

const nobody = 'Nobody but the owner was told: the schedule names no recipient and no contact point'

/**
 * Tells how runs of a schedule have ended, on the channels of people: recipients of a file, by the
 * export's id, or the owner where nobody else hears of it; the owner of what failed; both of what was
 * refused. Told again where it is not known whether it was. Contact points get a message, once. Returns of
 * how many runs. Throws StoreUnavailable.
 */
export async function tellEnds(venueId: string, schedule: Kept): Promise<number> {
  const untold = await withTenantJob(venueId, (tx) => readUntold(tx, venueId, schedule.id))
  // One after the other: the channel of a person tells the last thing that was said there.
  for (const run of untold) {
    const { id: runId, state, ...told } = run
    const { id: scheduleId, name } = schedule
    const message = { kind: `report.${state}`, venueId, scheduleId, name, runId, ...told }
    const hint = state === 'completed' && isForNobody(schedule) ? nobody : null
    await Promise.all(hearersOf(schedule, run).map((userId) => announceUser(userId, message)))
    // Together, so that neither is there without the other.
    const written = await withTenantJob(venueId, async (tx) => {
      await noteTold(tx, venueId, runId, hint)
      return writeReport(tx, venueId, schedule, run)
    })
    await handOver(venueId, written)
  }
  return untold.length
}

const isForNobody = ({ recipients, contactPointIds }: Kept): boolean =>
  recipients.length === 0 && contactPointIds.length === 0

function hearersOf(schedule: Kept, { state }: UntoldRun): string[] {
  const { createdBy, recipients } = schedule
  if (state === 'completed') return isForNobody(schedule) ? [createdBy] : recipients
  return state === 'failed' ? [createdBy] : [...new Set([createdBy, ...recipients])]
}

async function writeReport(
  tx: Tx,
  venueId: string,
  { name, contactPointIds }: Kept,
  { id, state, exportId, reason, dueAt }: UntoldRun,
): Promise<Written[]> {
  const told: Pick<NewMessage, 'template' | 'data'> =
    state === 'completed'
      ? { template: 'report-ready', data: { name, dueAt, exportId: exportId ?? '' } }
      : { template: 'report-failed', data: { name, dueAt, reason: reason ?? state } }
  const messages = contactPointIds.map((contactPointId) => ({
    ...told,
    ...{ dedupeKey: `report ${id} ${contactPointId}`, contactPointId },
  }))
  return writeMessages(tx, venueId, messages)
}
