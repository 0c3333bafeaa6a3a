import { type Tx, withTenantJob } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { readVenue } from '../venues/store.ts'
import { whyNot } from './membership.ts'
import { onceIdOfDue } from './once-id.ts'
import { turnOf } from './plan.ts'
import { requestRun } from './request-run.ts'
import {
  deleteOldRuns,
  failRun,
  insertRun,
  type PendingRun,
  readPending,
  settleRuns,
} from './run-store.ts'
import { type Kept, readMember, readSchedule, takeSchedule, writePlan } from './store.ts'
import { tellEnds } from './tell.ts'

const keepDays = 400
/** For so long a run waits for its turn where the venue has too many exports at once. */
const longestWaitMs = 3_600_000

/**
 * Does what a schedule waits for: notes the run that is due and plans the next, asks for exports, takes
 * over how they ended, tells of it. Each step is committed before the next begins and may be done
 * again; what dies in between is found by the next tick. Returns what was done.
 */
export async function tendSchedule(
  venueId: string,
  id: string,
  now: Date,
): Promise<Record<string, number>> {
  const counts = await withTenantJob(venueId, (tx) => takeTurn(tx, venueId, id, now.getTime()))
  const { schedule, pending } = await withTenantJob(venueId, async (tx) => {
    await settleRuns(tx, venueId, id)
    const found = await readSchedule(tx, venueId, id, null)
    return { schedule: found, pending: await readPending(tx, venueId, id) }
  })
  if (!schedule) return counts
  for (const run of pending) await requestOrFail(venueId, schedule, run, now)
  return { ...counts, told: await tellEnds(venueId, schedule) }
}

async function takeTurn(tx: Tx, venueId: string, id: string, now: number) {
  const counts = { due: 0, refused: 0 }
  const schedule = await takeSchedule(tx, venueId, id)
  if (!schedule?.enabled || schedule.pausedReason !== null) return counts
  const { settings } = await readVenue(tx, venueId)
  const { dueAt, plan, isLost } = turnOf(schedule, settings, now)
  let pausedReason = isLost ? 'No further time of the rule is found' : null
  if (dueAt !== null) {
    const owner = await readMember(tx, venueId, schedule.createdBy)
    const refused = whyNot(owner, now)
    await insertRun(tx, venueId, {
      scheduleId: id,
      onceId: onceIdOfDue(id, dueAt),
      startedBy: 'clock',
      askedBy: schedule.createdBy,
      dueAt,
      refused,
    })
    await deleteOldRuns(tx, venueId, id, keepDays)
    counts[refused === null ? 'due' : 'refused'] += 1
    pausedReason = refused ?? pausedReason
  }
  await writePlan(tx, venueId, id, { ...plan, pausedReason })
  return counts
}

async function requestOrFail(
  venueId: string,
  schedule: Kept,
  run: PendingRun,
  now: Date,
): Promise<void> {
  try {
    await requestRun(venueId, schedule, run)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.code === 'rate_limited' && now.getTime() - run.dueAt < longestWaitMs) return
    const reason = error.message
    await withTenantJob(venueId, (tx) => failRun(tx, venueId, run.id, { reason, isDone: false }))
  }
}
