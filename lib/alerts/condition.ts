import type { Condition, Rule } from './rule.ts'
import type { Point } from './state.ts'

/**
 * `between`: the condition does not hold, but the recovery threshold is not reached yet. `unknown`: there
 * is nothing to judge by.
 */
export type Verdict = 'breach' | 'between' | 'clear' | 'unknown'

/**
 * Whether a condition holds at a point. It has cleared where it would not hold with the recovery
 * threshold in place of its own either. A number that is none, and a change of what is not known or was
 * zero, are unknown; that nothing is there is what `absent` knows best.
 */
export function judge(condition: Condition, recovery: Rule['recovery'], point: Point): Verdict {
  if (point.kind === 'error') return 'unknown'
  if (condition.op === 'absent') return point.kind === 'value' && point.isThere ? 'clear' : 'breach'
  if (point.kind === 'none') return 'unknown'
  const { value, compared } = point
  const measured = 'compare' in condition ? changeInPercent(value, compared) : value
  if (!Number.isFinite(measured)) return 'unknown'
  const { op } = condition
  if (holds(op, bounds(condition), measured)) return 'breach'
  return recovery && holds(op, bounds(recovery), measured) ? 'between' : 'clear'
}

/** How far a number is from another, in per cent of its size; NaN where that is not known or nothing. */
export function changeInPercent(value: number, compared: number | null | undefined): number {
  if (compared === null || compared === undefined || compared === 0) return Number.NaN
  return ((value - compared) / Math.abs(compared)) * 100
}

const bounds = (told: { value: number } | { values: [number, number] }): [number, number] =>
  'values' in told ? told.values : [told.value, told.value]

type Op = Exclude<Condition['op'], 'absent'>

function holds(op: Op, [low, high]: [number, number], measured: number): boolean {
  switch (op) {
    case 'gt':
    case 'change_pct_gt':
      return measured > high
    case 'gte':
      return measured >= high
    case 'lt':
    case 'change_pct_lt':
      return measured < low
    case 'lte':
      return measured <= low
    case 'eq':
      return measured === low
    case 'neq':
      return measured !== low
    case 'between':
      return measured >= low && measured <= high
    case 'outside':
      return measured < low || measured > high
  }
}
