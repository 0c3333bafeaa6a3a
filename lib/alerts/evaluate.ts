import { judge, type Verdict } from './condition.ts'
import { durationMs } from './duration.ts'
import type { Rule } from './rule.ts'
import { isWithin } from './schedule.ts'
import {
  type Cause,
  type Change,
  type Evaluate,
  type Evaluated,
  type GroupState,
  keyOf,
  type Labels,
  type Moment,
  type Point,
} from './state.ts'

const dayMs = 86_400_000

/** What a tick found of a group, when all periods of missing data and faults are taken into account. */
type Finding = { verdict: Verdict | 'held'; cause: Cause; noDataSince: number | null; errorSince: number | null } // biome-ignore format: one line

/**
 * Moves every group of a rule by one tick. A group of which nothing is known any more, and that does
 * nothing, is forgotten after a day or twice the rule's window.
 */
export const evaluate: Evaluate = (rule, states, points, moment) => {
  const known = new Map(states.map((state) => [keyOf(state.labels), state]))
  const found = new Map(points.map((point) => [keyOf(point.labels), point]))
  const keys = [...new Set([...known.keys(), ...found.keys()])]
  return keys.flatMap((key) => {
    const labels = found.get(key)?.labels ?? known.get(key)?.labels ?? {}
    const point: Point = found.get(key) ?? { kind: 'none', labels }
    const evaluated = step(rule, known.get(key) ?? fresh(labels, moment.now), point, moment)
    return isForgotten(rule, evaluated.state, moment.now) ? [] : [evaluated]
  })
}

const fresh = (labels: Labels, now: number): GroupState => ({
  ...{ labels, status: 'inactive', since: now, cause: 'condition', breaches: 0 },
  ...{
    noDataSince: null,
    errorSince: null,
    isTold: false,
    value: null,
    compared: null,
    seenAt: now,
  },
})

const isForgotten = ({ query }: Rule, { labels, status, seenAt }: GroupState, now: number) =>
  status === 'inactive' &&
  Object.keys(labels).length > 0 &&
  now - seenAt > Math.max(dayMs, 2 * durationMs(query.window))

function step(rule: Rule, before: GroupState, point: Point, moment: Moment): Evaluated {
  const { now } = moment
  const isStill = moment.isStale && rule.query.metric !== 'data_age_seconds'
  const finding = isStill ? stillOf(before) : find(rule, before, point, now)
  const isActive =
    !isStill &&
    (!rule.schedule || isWithin(rule.schedule, now, rule.schedule.tz ?? moment.timeZone))
  const isBreaching = !isStill && finding.verdict === 'breach'
  const state = { ...before, ...seen(before, point, now) }
  const { noDataSince, errorSince } = finding
  const changes: Change[] = []
  const become = (status: GroupState['status'], change?: Change) => {
    if (state.status !== status) Object.assign(state, { status, since: now })
    if (change) changes.push(change)
  }
  Object.assign(state, { noDataSince, errorSince })
  const { verdict, cause } = finding
  if (isStill) {
    if (state.status === 'pending') become('inactive', { kind: 'dropped' })
    if (state.status === 'recovering') state.since = now
  } else {
    move({ rule, state, verdict, cause, isActive, now, become })
  }
  if (state.status === 'inactive') state.breaches = 0
  else if (isBreaching && state.status !== 'dismissed') state.breaches += 1
  const tell = tellOf(state, changes, moment.isMuted(state.labels))
  if (tell === 'firing') state.isTold = true
  if (state.status === 'inactive' || state.status === 'dismissed') state.isTold = false
  return { state, changes, tell, isBreaching: isBreaching && state.status === 'firing' }
}

type Move = {
  rule: Rule
  state: GroupState
  verdict: Finding['verdict']
  cause: Cause
  isActive: boolean
  now: number
  become: (status: GroupState['status'], change?: Change) => void
}

// From one status to the next, as far as the tick carries.
function move({ rule, state, verdict, cause, isActive, now, become }: Move): void {
  if (state.status === 'dismissed') {
    if (verdict === 'clear') become('inactive')
    return
  }
  if (state.status === 'inactive' || state.status === 'pending') {
    if (verdict === 'held' && isActive) return
    if (verdict !== 'breach' || !isActive) {
      if (state.status === 'pending') become('inactive', { kind: 'dropped' })
      return
    }
    // What has been without data for its own time does not wait once more.
    if (cause === 'condition' && state.status === 'inactive') {
      become('pending', { kind: 'pending' })
    }
    if (cause !== 'condition' || now - state.since >= durationMs(rule.for)) {
      state.cause = cause
      become('firing', { kind: 'fired', cause })
    }
    return
  }
  if (verdict === 'breach') {
    state.cause = cause
    if (state.status === 'recovering') become('firing', { kind: 'resumed' })
    return
  }
  if (verdict === 'held') return
  if (verdict === 'between') {
    // Not beyond the threshold of the recovery: its time counts from here.
    if (state.status === 'recovering') state.since = now
    return
  }
  if (state.status === 'firing') become('recovering', { kind: 'recovering' })
  if (now - state.since >= durationMs(rule.keepFiringFor)) become('inactive', { kind: 'resolved' })
}

function find(rule: Rule, before: GroupState, point: Point, now: number): Finding {
  const judged = judge(rule.condition, rule.recovery, point)
  const { policy } = rule.noData
  const patience = durationMs(rule.noData.for)
  const none = { noDataSince: null, errorSince: null }
  if (point.kind === 'error') {
    const errorSince = before.errorSince ?? now
    const isOver = policy === 'alert' && now - errorSince >= patience
    return { ...none, errorSince, verdict: isOver ? 'breach' : 'held', cause: 'error' }
  }
  if (judged !== 'unknown') return { ...none, verdict: judged, cause: 'condition' }
  const noDataSince = before.noDataSince ?? now
  const isOver = now - noDataSince >= patience
  const after = { ok: 'clear', alert: 'breach', keep_last: 'held' } as const
  return { ...none, noDataSince, verdict: isOver ? after[policy] : 'held', cause: 'no_data' }
}

const stillOf = ({ noDataSince, errorSince, cause }: GroupState): Finding => ({
  ...{ verdict: 'held', cause, noDataSince, errorSince },
})

const seen = (before: GroupState, point: Point, now: number) =>
  point.kind === 'value'
    ? {
        value: point.value,
        compared: point.compared ?? null,
        seenAt: point.isThere ? now : before.seenAt,
      }
    : {}

function tellOf(state: GroupState, changes: Change[], isMuted: boolean): Evaluated['tell'] {
  if (changes.some(({ kind }) => kind === 'resolved')) return state.isTold ? 'recovered' : null
  return state.status === 'firing' && !state.isTold && !isMuted ? 'firing' : null
}
