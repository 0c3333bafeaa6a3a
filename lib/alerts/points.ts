import { Refusal } from '../errors.ts'
import { inSnapshot, type Snapshot } from '../metrics/ask.ts'
import { instantOfLocal, offsetAt } from '../time/zones.ts'
import { durationMs } from './duration.ts'
import { readGauge } from './gauge-store.ts'
import { type Gauge, gauges } from './gauges.ts'
import { type Readings, readPlanner } from './readings.ts'
import type { Rule } from './rule.ts'
import { keyOf, type Labels, type Point } from './state.ts'
import { type EnabledRule, readEnabledRules } from './tick-store.ts'

/** A rule with more groups than this is told to be wrong: nobody takes care of so many. */
const mostGroups = 1000
const weekMs = 7 * 86_400_000

/** What a question was answered; `fault` where it cannot be. */
type Answer = { now: Readings; before: Readings | null } | { fault: string }

/** What the rules of a venue found at a tick. */
export type Found = { rules: { rule: EnabledRule; answer: Answer }[]; timeZone: string }

/**
 * Asks what the enabled rules of a venue watch, at a tick (epoch ms), all in one snapshot. Rules that
 * ask the same are answered once. Throws StoreUnavailable.
 */
export const findAnswers = (venueId: string, tick: number): Promise<Found> =>
  inSnapshot(venueId, async (snapshot) => {
    const rules = await readEnabledRules(snapshot.tx, venueId)
    const answers = new Map<string, Promise<Answer>>()
    const answered = rules.map(async (rule) => {
      const key = questionKey(rule.rule)
      const answer = answers.get(key) ?? answerOf(snapshot, rule.rule, tick)
      answers.set(key, answer)
      return { rule, answer: await answer }
    })
    return { rules: await Promise.all(answered), timeZone: snapshot.venue.settings.timeZone }
  })

/** Answers what one rule watches, kept or not. */
export const findAnswer = (venueId: string, rule: Rule, tick: number): Promise<Answer> =>
  inSnapshot(venueId, (snapshot) => answerOf(snapshot, rule, tick))

const questionKey = ({ query, condition }: Rule): string =>
  JSON.stringify([query, 'compare' in condition ? condition.compare : null])

async function answerOf(
  snapshot: Snapshot,
  { query, condition }: Rule,
  tick: number,
): Promise<Answer> {
  const span = { from: tick - durationMs(query.window), to: tick }
  if (Object.hasOwn(gauges, query.metric)) {
    const gauge = query.metric as Gauge
    const now = await readGauge(snapshot, gauge, { ...query, now: tick, until: tick + durationMs(query.window) }) // biome-ignore format: one line
    return { now, before: null }
  }
  try {
    const { timeZone } = snapshot.venue.settings
    const before = 'compare' in condition ? earlier(span, condition.compare, timeZone) : null
    const [now, then] = await Promise.all([
      readPlanner(snapshot, query, span),
      before && readPlanner(snapshot, query, before),
    ])
    if (now.groups.size <= mostGroups) return { now, before: then }
    return { fault: `There are more than ${mostGroups} groups` }
  } catch (error) {
    if (error instanceof Refusal) return { fault: error.message }
    throw error
  }
}

function earlier({ from, to }: { from: number; to: number }, compare: string, timeZone: string) {
  if (compare === 'previous_period') return { from: from - (to - from), to: from }
  const weekBefore = (instant: number) =>
    instantOfLocal(instant + offsetAt(instant, timeZone) - weekMs, timeZone)
  return { from: weekBefore(from), to: weekBefore(to) }
}

/** The points of a rule: of each group that was found or is known, one. */
export function pointsOf(answer: Answer, known: readonly Labels[]): Point[] {
  if ('fault' in answer) {
    const labels = known.length > 0 ? known : [{}]
    return labels.map((one) => ({ kind: 'error', labels: one, reason: answer.fault }))
  }
  const { now, before } = answer
  const all = new Map(known.map((labels) => [keyOf(labels), labels]))
  // A group that was there before and is not now has fallen to nothing.
  for (const [key, { labels }] of [...(before?.groups ?? []), ...now.groups]) all.set(key, labels)
  return [...all].map(([key, labels]) => {
    const reading = now.groups.get(key)
    const value = reading ? reading.value : now.empty
    const isThere = reading?.isThere ?? false
    if (value === null) return { kind: 'none', labels }
    if (!before) return { kind: 'value', labels, value, isThere }
    const compared = before.groups.get(key)?.value ?? before.empty
    return { kind: 'value', labels, value, isThere, compared }
  })
}
