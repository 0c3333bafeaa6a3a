import { DeadlinePassed } from '../deadline.ts'
import { Refusal, StoreUnavailable } from '../errors.ts'
import { describeFault, log } from '../log.ts'
import { inSnapshot, type Snapshot } from '../metrics/ask.ts'
import { isCancelled } from '../sql-state.ts'
import { instantOfLocal, offsetAt } from '../time/zones.ts'
import { durationMs } from './duration.ts'
import { readGauge } from './gauge-store.ts'
import { type Gauge, gauges } from './gauges.ts'
import { type Readings, readPlanner } from './readings.ts'
import type { Rule } from './rule.ts'

/** A rule with more groups than this is told to be wrong: nobody takes care of so many. */
const mostGroups = 1000
/** So many questions are asked in one snapshot: of the most rules that a venue can have, each has time. */
const portion = 50
/** No question is begun after this: what is found has to be written, too. */
const askMs = 35_000
const minuteMs = 60_000
const weekMs = 7 * 86_400_000

/** What a question was answered; `fault` where it cannot be. */
export type Answer = { now: Readings; before: Readings | null } | { fault: string }

/** Rules that ask the same have the same key. */
export const questionKey = ({ query, condition }: Rule): string =>
  JSON.stringify([query, 'compare' in condition ? condition.compare : null])

/**
 * Asks what rules watch, at a tick (epoch ms), each question once; answers by their keys. A question
 * that fails or takes too long is a fault of its own, and the others are answered. Throws
 * StoreUnavailable where Postgres is away.
 */
export async function ask(
  venueId: string,
  rules: readonly Rule[],
  tick: number,
): Promise<Map<string, Answer>> {
  const questions = [...new Map(rules.map((rule) => [questionKey(rule), rule]))]
  // Where there is no time for all, another is the first at each tick.
  const first = Math.floor(tick / minuteMs) % Math.max(1, questions.length)
  const turned = [...questions.slice(first), ...questions.slice(0, first)]
  const endsAt = performance.now() + askMs
  const answers: [string, Answer][] = []
  // One after another: the connections are there for other venues, too.
  for (let at = 0; at < turned.length; at += portion) {
    answers.push(...(await askPortion(venueId, turned.slice(at, at + portion), tick, endsAt)))
  }
  return new Map(answers)
}

type Question = [key: string, rule: Rule]

async function askPortion(
  venueId: string,
  questions: Question[],
  tick: number,
  endsAt: number,
): Promise<[string, Answer][]> {
  if (performance.now() > endsAt) {
    const fault = 'There was no time to ask: other alerts take too long'
    return questions.map(([key]) => [key, { fault }])
  }
  try {
    return await inSnapshot(venueId, (snapshot) =>
      Promise.all(
        questions.map(async ([key, rule]): Promise<[string, Answer]> => {
          return [key, await answerOf(snapshot, rule, tick)]
        }),
      ),
    )
  } catch (error) {
    if (error instanceof StoreUnavailable && !isSlow(error)) throw error
    const [only, ...others] = questions
    if (only && others.length === 0) return [[only[0], { fault: await faultOf(venueId, error) }]]
    const apart: [string, Answer][] = []
    // One after another, each with all the time that one may take.
    for (const one of questions) apart.push(...(await askPortion(venueId, [one], tick, endsAt)))
    return apart
  }
}

const isSlow = ({ cause }: StoreUnavailable): boolean =>
  cause instanceof DeadlinePassed || isCancelled(cause)

/** What is wrong with a question that fails alone. Throws StoreUnavailable where any other would, too. */
async function faultOf(venueId: string, error: unknown): Promise<string> {
  if (error instanceof StoreUnavailable) {
    await inSnapshot(venueId, async () => undefined)
    return 'It takes too long to answer'
  }
  log('error', 'the question of an alert failed', { venue: venueId, ...describeFault(error) })
  return 'It cannot be answered'
}

/** Answers what one rule watches, in a snapshot. */
export async function answerOf(
  snapshot: Snapshot,
  { query, condition }: Rule,
  tick: number,
): Promise<Answer> {
  const span = { from: tick - durationMs(query.window), to: tick }
  if (Object.hasOwn(gauges, query.metric)) {
    const gauge = query.metric as Gauge
    const until = tick + durationMs(query.window)
    return { now: await readGauge(snapshot, gauge, { ...query, now: tick, until }), before: null }
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
