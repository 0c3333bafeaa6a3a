import { durationMs } from './duration.ts'
import type { Finding } from './finding.ts'
import type { Rule } from './rule.ts'
import type { Cause, Change, GroupState } from './state.ts'

type Breach = Extract<Finding, { kind: 'breach' }>
type Moved = { state: GroupState; changes: Change[] }

/** The times of a tick, and whether the rule's hours let anything begin. */
type Tick = { rule: Pick<Rule, 'for' | 'keepFiringFor'>; now: number; mayBegin: boolean }

/**
 * One step of the machine: where a finding takes a group.
 *
 * What is between the thresholds keeps a firing group firing; a recovering one stays recovering, but
 * its clock starts anew: only what is clear without a break recovers. While nothing is known (`held`)
 * clocks go on and nothing moves, but that a pending one outside of the hours is dropped. Where the last
 * is `kept`, a recovery was the last, and ends in its time.
 */
export function transition(state: GroupState, finding: Finding, tick: Tick): Moved {
  switch (state.status) {
    case 'inactive':
      if (finding.kind !== 'breach' || !tick.mayBegin) return stays(state)
      return begins(state, finding, tick)
    case 'pending':
      if (tick.mayBegin && (finding.kind === 'held' || finding.kind === 'kept')) return stays(state)
      if (tick.mayBegin && finding.kind === 'breach') return waits(state, finding, tick)
      return { state: toInactive(state, tick.now), changes: [{ kind: 'dropped' }] }
    case 'firing':
      if (finding.kind === 'breach') return goesOn(state, finding.cause)
      if (finding.kind !== 'clear') return stays(state)
      return recovers(state, tick)
    case 'recovering':
      if (finding.kind === 'breach') return resumes(state, finding.cause, tick.now)
      if (finding.kind === 'between') return stays({ ...state, since: tick.now })
      if (finding.kind === 'held') return stays(state)
      return endsWhenDue(state, tick)
    case 'dismissed':
      if (finding.kind !== 'clear') return stays(state)
      return { state: toInactive(state, tick.now), changes: [{ kind: 'released' }] }
  }
}

/** A tick at which the rule stands still: what may be about to change waits anew, the rest stays. */
export function standStill(state: GroupState, now: number): Moved {
  if (state.status === 'pending') {
    return { state: toInactive(state, now), changes: [{ kind: 'dropped' }] }
  }
  return stays(state.status === 'recovering' ? { ...state, since: now } : state)
}

const stays = (state: GroupState): Moved => ({ state, changes: [] })

const counted = (state: GroupState): GroupState => ({ ...state, breaches: state.breaches + 1 })

function goesOn(state: GroupState, cause: Cause): Moved {
  const changes: Change[] = cause === state.cause ? [] : [{ kind: 'cause_changed', cause }]
  return { state: { ...counted(state), cause }, changes }
}

function begins(state: GroupState, breach: Breach, tick: Tick): Moved {
  const pending: GroupState = { ...state, status: 'pending', since: tick.now, breaches: 0 }
  const moved = waits(pending, breach, tick)
  return { ...moved, changes: [{ kind: 'pending' }, ...moved.changes] }
}

function waits(state: GroupState, { cause, isDue }: Breach, { rule, now }: Tick): Moved {
  const pending = counted(state)
  if (!isDue && !(now - state.since >= durationMs(rule.for))) return stays(pending)
  return {
    state: { ...pending, status: 'firing', since: now, cause, told: [] },
    changes: [{ kind: 'fired', cause }],
  }
}

function recovers(state: GroupState, tick: Tick): Moved {
  const moved = endsWhenDue({ ...state, status: 'recovering', since: tick.now }, tick)
  return { ...moved, changes: [{ kind: 'recovering' }, ...moved.changes] }
}

function resumes(state: GroupState, cause: Cause, now: number): Moved {
  const moved = goesOn({ ...state, status: 'firing', since: now }, cause)
  return { ...moved, changes: [{ kind: 'resumed' }, ...moved.changes] }
}

function endsWhenDue(state: GroupState, { rule, now }: Tick): Moved {
  if (!(now - state.since >= durationMs(rule.keepFiringFor))) return stays(state)
  return { state: toInactive(state, now), changes: [{ kind: 'resolved' }] }
}

const toInactive = (state: GroupState, now: number): GroupState => ({
  ...state,
  status: 'inactive',
  since: now,
  cause: 'condition',
  breaches: 0,
  told: [],
})
