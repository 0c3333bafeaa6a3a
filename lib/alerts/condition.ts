import type { Condition, Rule } from './rule.ts'
import type { Point } from './state.ts'

/**
 * Whether a condition holds: 'between' is no longer beyond the threshold and not yet beyond the recovery's;
 * 'unknown' where a number is missing or a change has no base.
 */
export type Verdict = 'breach' | 'between' | 'clear' | 'unknown'

/** Judges a point by a condition and, where there is one, the threshold of its recovery. Total and pure. */
export function judge(condition: Condition, recovery: Rule['recovery'], point: Point): Verdict {
  if (point.kind === 'error') return 'unknown'
  if (condition.op === 'absent') return point.kind === 'value' && point.isThere ? 'clear' : 'breach'
  const amount = point.kind === 'value' ? amountOf(condition, point) : Number.NaN
  if (Number.isNaN(amount)) return 'unknown'
  if (holds(condition, amount)) return 'breach'
  const wider = recovery && { ...condition, ...recovery }
  return wider && holds(wider as Condition, amount) ? 'between' : 'clear'
}

// A change against nothing is no number: neither endless nor none.
function amountOf(condition: Condition, point: Extract<Point, { kind: 'value' }>): number {
  if (!('compare' in condition)) return point.value
  const base = point.compared ?? null
  return base === null || base === 0 ? Number.NaN : ((point.value - base) / Math.abs(base)) * 100
}

function holds(condition: Condition, amount: number): boolean {
  switch (condition.op) {
    case 'gt':
    case 'change_pct_gt':
      return amount > condition.value
    case 'gte':
      return amount >= condition.value
    case 'lt':
    case 'change_pct_lt':
      return amount < condition.value
    case 'lte':
      return amount <= condition.value
    case 'eq':
      return amount === condition.value
    case 'neq':
      return amount !== condition.value
    case 'between':
      return amount >= condition.values[0] && amount <= condition.values[1]
    case 'outside':
      return amount < condition.values[0] || amount > condition.values[1]
    case 'absent':
      return false
  }
}
