import * as z from 'zod'
import { type Caller, holds } from '../access/grants.ts'
import { type Tx, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { refuseMisplaced } from '../exports/schema.ts'
import { namedBy, refuseUnknownContactPoints } from '../messages/named-contact-points.ts'
import { stated } from '../stated.ts'
import { isUuid } from '../uuid.ts'
import type { Settings } from '../venues/settings.ts'
import { readVenue } from '../venues/store.ts'
import { newPlan, startOf } from './plan.ts'
import { RuleError } from './rule-parts.ts'
import type { NewSchedule, Schedule, ScheduleChange, Wish } from './schema.ts'
import {
  deleteSchedule,
  findMade,
  insertSchedule,
  listSchedules,
  lockCount,
  lockSchedule,
  noteMember,
  type Plan,
  type Seen,
  updateSchedule,
} from './store.ts'

const mostSchedules = 100

/** A schedule with its revision, which is what an update must name. */
export type Revised = { schedule: Schedule; revision: number }

/** An analyst sees the schedules of their own; who manages the venue sees all of them. */
export const seenBy = (caller: Caller, venueId: string): Seen =>
  holds(caller, venueId, 'manager') ? null : caller.userId

/** Makes a schedule of the caller's own; once for each `onceId`. */
export async function addSchedule(
  venueId: string,
  caller: Caller,
  asked: NewSchedule,
  { now, onceId }: { now: Date; onceId: string },
): Promise<Revised> {
  return withTenant(venueId, async (tx) => {
    await noteMember(tx, venueId, caller)
    const count = await lockCount(tx, venueId)
    const made = await findMade(tx, venueId, onceId)
    if (made) return told(tx, venueId, made)
    if (count >= mostSchedules) {
      throw new Refusal(
        'unprocessable',
        `The venue has ${mostSchedules} schedules: delete one first`,
      )
    }
    await refuseUnknownContactPoints(tx, venueId, namedBy(asked.contactPointIds))
    const { settings } = await readVenue(tx, venueId)
    const wish = { ...asked, startsAt: startOf(asked, settings, now.getTime()) }
    const plan = planOrRefuse(wish, settings, now)
    const id = await insertSchedule(tx, venueId, { onceId, createdBy: caller.userId, wish, plan })
    return told(tx, venueId, id)
  })
}

/**
 * Changes a schedule if it is still of the revision that `isCurrent` accepts. A change of its times,
 * and enabling it, plans it anew from now on, and ends a pause.
 */
export async function changeSchedule(
  venueId: string,
  caller: Caller,
  id: string,
  {
    change,
    isCurrent,
    now,
  }: {
    change: ScheduleChange
    isCurrent: (id: string, revision: number) => boolean
    now: Date
  },
): Promise<Revised> {
  return withTenant(venueId, async (tx) => {
    const before = await locked(tx, venueId, id, seenBy(caller, venueId))
    if (!isCurrent(id, before.revision)) {
      throw new Refusal('precondition_failed', 'The schedule was changed since it was read')
    }
    await noteMember(tx, venueId, caller)
    const { settings } = await readVenue(tx, venueId)
    const after = { ...before, ...stated(change) }
    after.startsAt = startOf(after, settings, now.getTime())
    refuseWrongOptions(after)
    await refuseUnknownContactPoints(tx, venueId, namedBy(change.contactPointIds ?? []))
    const isRetimed = (['rule', 'startsAt', 'tz'] as const).some(
      (one) => after[one] !== before[one],
    )
    const isWoken = change.enabled === true && (!before.enabled || before.pausedReason !== null)
    if (isRetimed || isWoken) {
      Object.assign(after, planOrRefuse(after, settings, now))
    }
    await updateSchedule(tx, venueId, { ...after, ...(isWoken && { pausedReason: null }) })
    return told(tx, venueId, id)
  })
}

/** Deletes a schedule and its history; exports that it has asked for stay. */
export async function removeSchedule(venueId: string, caller: Caller, id: string): Promise<void> {
  await withTenant(venueId, async (tx) => {
    await locked(tx, venueId, id, seenBy(caller, venueId))
    await noteMember(tx, venueId, caller)
    await deleteSchedule(tx, venueId, id)
  })
}

/** The refusal of a schedule that is none of the caller's to see. */
export const noSuchSchedule = (): Refusal => new Refusal('not_found', 'There is no such schedule')

async function locked(tx: Tx, venueId: string, id: string, seen: Seen) {
  const found = isUuid(id) ? await lockSchedule(tx, venueId, id, seen) : undefined
  if (!found) throw noSuchSchedule()
  return found
}

async function told(tx: Tx, venueId: string, id: string): Promise<Revised> {
  const [found] = await listSchedules(tx, venueId, null, { after: null, limit: 1 }, id)
  if (!found) throw new Error('the schedule was written or is there')
  return found.item
}

function planOrRefuse(wish: Wish, settings: Settings, now: Date): Plan {
  refuseWrongOptions(wish)
  try {
    return newPlan(wish, settings, now.getTime())
  } catch (error) {
    if (error instanceof RuleError) throw refusal('rule', 'invalid', error.message)
    throw error
  }
}

function refuseWrongOptions({ format, options }: Wish): void {
  const checked = z.custom<Wish>().superRefine(refuseMisplaced).safeParse({ format, options })
  const [issue] = checked.error?.issues ?? []
  if (issue) throw refusal(issue.path.join('.'), issue.code, issue.message)
}

const refusal = (path: string, code: string, message: string): Refusal =>
  new Refusal('bad_request', `The body is not right: ${path} ${message}`, [
    { path, code, message: `${path}: ${message}` },
  ])
