import { judge } from './condition.ts'
import { durationMs } from './duration.ts'
import type { Rule } from './rule.ts'
import type { Cause, GroupState, Point } from './state.ts'

/**
 * What a tick says of a group. `isDue`: it has waited its own time and fires at once. `held`: nothing is
 * known, everything stays as it is. `kept`: the same, and it was said that what was last known holds.
 */
export type Finding =
  | { kind: 'breach'; cause: Cause; isDue: boolean }
  | { kind: 'between' | 'clear' | 'held' | 'kept' }

type Found = Pick<GroupState, 'noDataSince' | 'errorSince'> & { finding: Finding }

/**
 * What is to be made of a point. Without data nothing changes for `noData.for`, then the policy decides:
 * `alert` fires, `ok` clears, `keep_last` keeps what is for ever. Of errors `ok` says nothing: that a
 * question failed is no reason to believe that all is well. A time without data goes on
 * through errors and ends with a value; one of errors ends with any answer.
 */
export function findingOf(
  rule: Rule,
  { noDataSince, errorSince }: Pick<GroupState, 'noDataSince' | 'errorSince'>,
  point: Point,
  now: number,
): Found {
  const { policy } = rule.noData
  const decided = (cause: Cause): Finding =>
    policy === 'alert' ? { kind: 'breach', cause, isDue: true } : { kind: 'kept' }
  const hasLasted = (since: number) => now - since >= durationMs(rule.noData.for)
  if (point.kind === 'error') {
    const since = errorSince ?? now
    const isDue = policy !== 'ok' && hasLasted(since)
    return { noDataSince, errorSince: since, finding: isDue ? decided('error') : { kind: 'held' } }
  }
  const verdict = judge(rule.condition, rule.recovery, point)
  if (verdict !== 'unknown') {
    const finding: Finding =
      verdict === 'breach'
        ? { kind: 'breach', cause: 'condition', isDue: false }
        : { kind: verdict }
    return { noDataSince: null, errorSince: null, finding }
  }
  const since = noDataSince ?? now
  const told = { noDataSince: since, errorSince: null }
  if (!hasLasted(since)) return { ...told, finding: { kind: 'held' } }
  return { ...told, finding: policy === 'ok' ? { kind: 'clear' } : decided('no_data') }
}
