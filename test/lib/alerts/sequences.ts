import { durationMs } from '../../../lib/alerts/duration.ts'
import { evaluate } from '../../../lib/alerts/evaluate.ts'
import { Rule } from '../../../lib/alerts/rule.ts'
import type { GroupState, Point } from '../../../lib/alerts/state.ts'

/** A Monday, 16:00 in UTC. */
export const start = Date.parse('2026-06-01T16:00:00Z')
const minuteMs = 60_000

/** A rule that a number is more than 10, without the default for what is left out where it matters. */
export const ruleOf = (more: object = {}): Rule =>
  Rule.parse({
    name: 'Rule',
    query: { metric: 'tickets_sold', window: '10m' },
    condition: { op: 'gt', value: 10 },
    keepFiringFor: '0s',
    ...more,
  })

/**
 * A sequence of ticks, one a minute: a number is a value, `-` no data, `!` an error, `_` a value of which
 * nothing was counted (0), `a/b` a value and what it is compared with (`a/-`: unknown). Behind it `~` says
 * that messages are muted, `?` that data are stale; `>1h` lets time pass before the next tick.
 */
export function play(rule: Rule, ticks: string, from = start, timeZone = 'UTC'): string {
  let state: GroupState | undefined
  let now = from
  const told: string[] = []
  for (const tick of ticks.trim().split(/\s+/)) {
    if (tick.startsWith('>')) {
      now += durationMs(tick.slice(1)) - minuteMs
      continue
    }
    const [evaluated] = evaluate(rule, state ? [state] : [], pointsOf(tick.replace(/[~?]/g, '')), {
      ...{ now, timeZone, isStale: tick.includes('?') },
      isMuted: () => tick.includes('~'),
    })
    state = evaluated?.state
    const letter = { inactive: 'i', pending: 'p', firing: 'F', recovering: 'r', dismissed: 'd' }
    const mark = { firing: '!', recovered: '.' }
    told.push(
      `${letter[state?.status ?? 'inactive']}${evaluated?.tell ? mark[evaluated.tell] : ''}`,
    )
    now += minuteMs
  }
  return told.join(' ')
}

/** The state that a sequence ends in. */
export function endOf(rule: Rule, values: (number | null)[]): GroupState | undefined {
  let state: GroupState | undefined
  for (const [i, value] of values.entries()) {
    const points = pointsOf(value === null ? '-' : String(value))
    const moment = { now: start + i * minuteMs, timeZone: 'UTC', isStale: false }
    const [evaluated] = evaluate(rule, state ? [state] : [], points, { ...moment, isMuted: () => false }) // biome-ignore format: one line
    state = evaluated?.state
  }
  return state
}

function pointsOf(text: string): Point[] {
  const labels = {}
  if (text === '-') return [{ kind: 'none', labels }]
  if (text === '!') return [{ kind: 'error', labels, reason: 'a fault' }]
  if (text === '_') return [{ kind: 'value', labels, value: 0, isThere: false }]
  const [value = '', compared] = text.split('/')
  const base =
    compared === undefined ? {} : { compared: compared === '-' ? null : Number(compared) }
  return [{ kind: 'value', labels, value: Number(value), isThere: true, ...base }]
}
