import type { NewExport } from '../exports/schema.ts'
import type { Settings } from '../venues/settings.ts'
import { spanOf } from './period.ts'
import { firstRun, lastRun, nextRun, readRule } from './rule.ts'
import type { Wish } from './schema.ts'
import type { Plan } from './store.ts'
import { wallOf } from './wall-clock.ts'

type Timed = Pick<Wish, 'rule' | 'startsAt' | 'tz'>

const minuteMs = 60_000

/** The zone whose clocks a schedule goes by. */
export const zoneOf = ({ tz }: Pick<Wish, 'tz'>, settings: Settings): string =>
  tz ?? settings.timeZone

/**
 * The start of a schedule to the minute, 'YYYY-MM-DDTHH:MM' by the clocks of its zone; where it tells
 * none, the minute of `now`.
 */
export function startOf(
  wish: Pick<Wish, 'tz'> & { startsAt?: string | undefined },
  settings: Settings,
  now: number,
): string {
  if (wish.startsAt !== undefined) return `${wish.startsAt}T00:00`.slice(0, 16)
  const wall = wallOf(now - (now % minuteMs), zoneOf(wish, settings))
  return new Date(wall).toISOString().slice(0, 16)
}

/** The plan of a new or changed schedule. Throws RuleError where its rule is none or never fires. */
export function newPlan(timed: Timed, settings: Settings, now: number): Plan {
  const plannedZone = zoneOf(timed, settings)
  const rule = readRule(timed.rule, timed.startsAt)
  return { nextRunAt: firstRun(rule, plannedZone, now), plannedAfter: now, plannedZone }
}

/** What the clock finds: the time that is due, null for none, and the plan from then on. */
export type Turn = {
  dueAt: number | null
  plan: Plan
  /** The rule has no end, and yet no time of it is found. */
  isLost: boolean
}

/**
 * Looks at a schedule at a moment. Where its zone has changed, its times are those of the clocks there
 * since what was planned last. Of several times that have passed only the latest is due.
 */
export function turnOf(schedule: Timed & Plan, settings: Settings, now: number): Turn {
  const zone = zoneOf(schedule, settings)
  const rule = readRule(schedule.rule, schedule.startsAt)
  const isMoved = zone !== schedule.plannedZone
  const next = isMoved ? nextRun(rule, zone, schedule.plannedAfter) : schedule.nextRunAt
  if (next === null || next > now) {
    const plan = { nextRunAt: next, plannedAfter: schedule.plannedAfter, plannedZone: zone }
    return { dueAt: null, plan, isLost: next === null && !rule.ends }
  }
  const dueAt = lastRun(rule, zone, next, now)
  const nextRunAt = nextRun(rule, zone, dueAt)
  const plan = { nextRunAt, plannedAfter: dueAt, plannedZone: zone }
  return { dueAt, plan, isLost: nextRunAt === null && !rule.ends }
}

/** The export of a run that was due at an instant; `first` as spanOf has it. */
export function exportOf(
  wish: Wish,
  { dueAt, settings, first }: { dueAt: number; settings: Settings; first: number },
): NewExport {
  const calendar = { ...settings, timeZone: zoneOf(wish, settings) }
  const { from, to } = spanOf(wish.period, dueAt, calendar, first)
  const tz = wish.options.tz ?? wish.tz
  return {
    type: wish.type,
    format: wish.format,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    filters: wish.filters,
    options: { ...wish.options, ...(tz && { tz }) },
  }
}
