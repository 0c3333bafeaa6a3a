import { durationMs } from '../../../lib/alerts/duration.ts'
import { evaluate } from '../../../lib/alerts/evaluate.ts'
import { Rule } from '../../../lib/alerts/rule.ts'
import type { Evaluated, GroupState, Point } from '../../../lib/alerts/state.ts'

type Part = Record<string, unknown> & { at?: string; zone?: string }

/** More than ten orders, at once and without patience, where a part says nothing else. */
export const ruleOf = (part: Record<string, unknown> = {}): Rule =>
  Rule.parse({
    name: 'Orders',
    query: { metric: 'orders', window: '5m' },
    condition: { op: 'gt', value: 10 },
    keepFiringFor: '0s',
    ...part,
  })

/**
 * Plays ticks, one each minute, and tells what became of the group: one letter for each.
 *
 * Ticks: `12` a value · `12/10` and what it is compared with (`12/-`: not known) · `0?` a sum of nothing ·
 * `-` no data · `!` an error · `?` not asked of · `(12)` muted · `[12]` stale · `12*5` five times.
 * Between them: `+2h` the clock goes on, as it was · `~2h` nobody looks · `x` somebody resolves it by hand.
 *
 * Letters: `.` inactive · `p` pending · `f` firing, `n` of no data, `e` of an error; as capitals: that is
 * told now · `r` recovering · `R` over, which is told · `d` dismissed · `_` forgotten.
 */
export function play({ at, zone = 'UTC', ...part }: Part, ticks: string) {
  const rule = ruleOf(part)
  const labels: Record<string, string> = rule.query.groupBy.length > 0 ? { event: 'e-1' } : {}
  let now = Date.parse(at ?? '2026-06-01T12:00:00Z') - 60_000
  let unseenMs = 0
  let state: GroupState | undefined
  const answers: (Evaluated | undefined)[] = []
  for (const token of repeated(ticks)) {
    if (token.startsWith('~')) unseenMs = durationMs(token.slice(1))
    else if (token.startsWith('+')) now += durationMs(token.slice(1))
    else if (token === 'x' && state) state = { ...state, status: 'dismissed', since: now }
    else {
      now += 60_000 + unseenMs
      const moment = {
        ...{ now, unseenMs, timeZone: zone, isStale: token.startsWith('[') },
        isMuted: () => token.startsWith('('),
      }
      const points = pointsOf(token.replaceAll(/[()[\]]/g, ''), labels)
      const answer = evaluate(rule, state ? [state] : [], points, moment)[0]
      answers.push(answer)
      state = answer?.state
      unseenMs = 0
    }
  }
  return { letters: answers.map(letterOf).join(' '), answers, state }
}

/** A line of tokens with every `12*5` written out. */
export const repeated = (line: string): string[] =>
  line
    .split(/\s+/)
    .filter(Boolean)
    .flatMap((token) => {
      const [, one = token, times = '1'] = /^(.+)\*(\d+)$/.exec(token) ?? []
      return Array<string>(Number(times)).fill(one)
    })

function pointsOf(token: string, labels: Record<string, string>): Point[] {
  if (token === '?') return []
  if (token === '-') return [{ labels, kind: 'none' }]
  if (token === '!') return [{ labels, kind: 'error', reason: 'it failed' }]
  const isThere = !token.endsWith('?')
  const [value, compared] = token.replace('?', '').split('/')
  const point: Point = { labels, kind: 'value', value: Number(value), isThere }
  if (compared === undefined) return [point]
  return [{ ...point, compared: compared === '-' ? null : Number(compared) }]
}

function letterOf(answer: Evaluated | undefined): string {
  if (!answer) return '_'
  const { state, tell } = answer
  if (tell === 'recovered') return 'R'
  if (state.status === 'inactive') return '.'
  if (state.status !== 'firing') return state.status[0] ?? ''
  const letter = { condition: 'f', no_data: 'n', error: 'e' }[state.cause]
  return tell === 'firing' ? letter.toUpperCase() : letter
}
