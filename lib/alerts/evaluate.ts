import { durationMs } from './duration.ts'
import { type Finding, findingOf } from './finding.ts'
import type { Rule } from './rule.ts'
import { isWithin } from './schedule.ts'
import {
  type Change,
  type Evaluate,
  type Evaluated,
  type GroupState,
  keyOf,
  type Moment,
  type Point,
} from './state.ts'
import { standStill, transition } from './transition.ts'

const dayMs = 86_400_000

/** Whether a rule is about the age of the data themselves: staleness does not hold it back. */
export const isOfData = ({ query }: Rule): boolean => query.metric === 'data_age_seconds'

/**
 * Evaluates a rule at a tick, in the order of the groups' labels. A known group of which no point is
 * given has no data. While data are stale, a rule on anything but their age stands still and tells
 * nothing, and its times without data begin anew after that. Time in which nobody looked counts for
 * nothing that must last.
 */
export const evaluate: Evaluate = (rule, states, points, moment) => {
  const known = new Map(
    states.map((state) => [keyOf(state.labels), withoutUnseen(state, moment.unseenMs)]),
  )
  const found = new Map(points.map((point) => [keyOf(point.labels), point]))
  const isStill = moment.isStale && !isOfData(rule)
  const mayBegin = mayBeginAt(rule, moment)
  const keys = [...new Set([...known.keys(), ...found.keys()])].sort()
  return keys.flatMap((key) => {
    const point = found.get(key)
    const state = known.get(key) ?? (point && newState(point, moment.now))
    if (!state) return []
    if (isStill) return [still(state, moment.now)]
    return evaluateGroup(rule, state, point, moment, mayBegin) ?? []
  })
}

/** A group as though the time in which nobody looked had not passed: what lasts began later by it. */
function withoutUnseen(state: GroupState, ms: number): GroupState {
  if (ms === 0) return state
  const { status, since, noDataSince, errorSince, seenAt } = state
  const isWaiting = status === 'pending' || status === 'recovering'
  return {
    ...state,
    since: isWaiting ? since + ms : since,
    noDataSince: noDataSince === null ? null : noDataSince + ms,
    errorSince: errorSince === null ? null : errorSince + ms,
    seenAt: seenAt + ms,
  }
}

function mayBeginAt({ schedule }: Rule, { now, timeZone }: Moment): boolean {
  return !schedule || isWithin(schedule, now, schedule.tz ?? timeZone)
}

const newState = ({ labels }: Point, now: number): GroupState => ({
  labels,
  status: 'inactive',
  since: now,
  cause: 'condition',
  breaches: 0,
  noDataSince: null,
  errorSince: null,
  told: [],
  value: null,
  compared: null,
  seenAt: now,
})

function still(before: GroupState, now: number): Evaluated {
  const { state, changes } = standStill({ ...before, noDataSince: null, errorSince: null }, now)
  return { state, changes, tell: null, isBreaching: false }
}

/** What became of a group; undefined where it is to be forgotten. */
function evaluateGroup(
  rule: Rule,
  before: GroupState,
  given: Point | undefined,
  moment: Moment,
  mayBegin: boolean,
): Evaluated | undefined {
  const { now } = moment
  const point: Point = given ?? { labels: before.labels, kind: 'none' }
  const { finding, noDataSince, errorSince } = findingOf(rule, before, point, now)
  // What ends for want of data ends without a number.
  const isUnknown = finding.kind === 'clear' && noDataSince !== null
  const numbers = isUnknown ? { value: null, compared: null } : lastSeen(rule, before, point, now)
  const seen = { ...before, ...numbers, noDataSince, errorSince }
  const { state, changes } = transition(seen, finding, { rule, now, mayBegin })
  if (changes.length === 0 && isForgotten(rule, state, given, finding, now)) return undefined
  const tell = tellOf(before, state, changes, moment)
  return {
    state: tell === 'firing' ? { ...state, told: [...state.told, state.cause] } : state,
    changes,
    tell,
    isBreaching:
      finding.kind === 'breach' && (state.status === 'pending' || state.status === 'firing'),
  }
}

/** The last number that was one, of what is to be there that of now, and when anything at all was there. */
function lastSeen(
  { condition }: Rule,
  before: GroupState,
  point: Point,
  now: number,
): Partial<GroupState> {
  if (point.kind === 'none' && condition.op === 'absent') return { value: null, compared: null }
  if (point.kind !== 'value') return {}
  const { value, compared = null, isThere } = point
  const seenAt = isThere ? now : before.seenAt
  if (!Number.isFinite(value)) return { seenAt }
  return { seenAt, value, compared: Number.isFinite(compared) ? compared : null }
}

/**
 * It fires: told once for each cause, as soon as nothing holds it back and it has not begun to recover.
 * It is over: told to those who were told, whatever holds messages back then.
 */
function tellOf(
  before: GroupState,
  state: GroupState,
  changes: Change[],
  { isMuted }: Moment,
): Evaluated['tell'] {
  if (changes.some(({ kind }) => kind === 'resolved')) {
    return before.told.length > 0 ? 'recovered' : null
  }
  const isNews = state.status === 'firing' && !state.told.includes(state.cause)
  return isNews && !isMuted(state.labels) ? 'firing' : null
}

/**
 * A group of which nothing was there for a day, or twice the time that is asked of: what it was is
 * over. Not one that would fire for its absence, once its time or its hours come; nor one that
 * somebody dismissed as long as it is asked of: it would fire again.
 */
function isForgotten(
  { query, noData }: Rule,
  state: GroupState,
  given: Point | undefined,
  finding: Finding,
  now: number,
): boolean {
  if (Object.keys(state.labels).length === 0 || given?.kind === 'error') return false
  if (now - state.seenAt <= Math.max(dayMs, 2 * durationMs(query.window))) return false
  if (state.status === 'dismissed') return !given
  if (state.status !== 'inactive' || finding.kind === 'breach') return false
  return state.noDataSince === null || noData.policy !== 'alert'
}
