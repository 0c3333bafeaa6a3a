import { type Tx, withTenantJob } from '../clients/postgres.ts'
import { handOver } from '../messages/hand-over.ts'
import type { Written } from '../messages/write.ts'
import { announceAlerts } from './announce.ts'
import { questionKey } from './ask.ts'
import { judge } from './condition.ts'
import { escalate } from './escalate.ts'
import { evaluate, isOfData } from './evaluate.ts'
import { type Found, findAnswers, pointsOf } from './points.ts'
import { type IsQuiet, readQuiet } from './quiet.ts'
import { keyOf, type Point } from './state.ts'
import {
  type EnabledRule,
  forgetInstances,
  lockEnabledRules,
  readStates,
  takeTick,
} from './tick-store.ts'
import { type Judged, write } from './write.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

/**
 * Evaluates the rules of a venue at a tick and commits what came of it, messages included, in one
 * transaction. A tick is done once, whoever tries it and how often; one that is not later than the last
 * is left out. Throws StoreUnavailable: nothing was done then.
 */
export async function tickVenue(venueId: string, tick: Date): Promise<Record<string, number>> {
  const found = await findAnswers(venueId, tick.getTime())
  const done = await withTenantJob(venueId, async (tx) =>
    (await takeTick(tx, venueId, tick)) ? evaluateAll(tx, venueId, tick, found) : null,
  )
  if (!done) return { rules: 0 }
  await handOver(venueId, done.written)
  if (done.isNews) await announceAlerts(venueId)
  return { rules: done.rules, messages: done.written.flatMap(({ ids }) => ids).length }
}

type Done = { rules: number; written: Written[]; isNews: boolean }

async function evaluateAll(tx: Tx, venueId: string, tick: Date, found: Found): Promise<Done> {
  const [locked, states, isQuiet] = await Promise.all([
    lockEnabledRules(tx, venueId),
    readStates(tx, venueId),
    readQuiet(tx, venueId, tick, found.timeZone),
  ])
  const statesOf = Map.groupBy(states, ({ alertId }) => alertId)
  // A question that was changed since waits for the next tick; whatever else was, holds at once.
  const asked = locked.flatMap((rule) => {
    const answer = found.answers.get(questionKey(rule.rule))
    if (!answer) return []
    const known = (statesOf.get(rule.id) ?? []).map(({ state }) => state)
    const points = pointsOf(
      answer,
      known.map(({ labels }) => labels),
    )
    return [{ rule, known, points, fault: 'fault' in answer ? answer.fault : null }]
  })
  const isStale = asked.some(({ rule, points }) => points.some((point) => saysStale(rule, point)))
  const judged: Judged[] = asked.map(({ rule, known, points, fault }) => ({
    rule,
    known: new Map(known.map((state) => [keyOf(state.labels), state])),
    isWithoutData: points.length > 0 && points.every((point) => isUnknown(rule, point)),
    isStale: isStale && !isOfData(rule.rule),
    fault,
    groups: evaluate(rule.rule, known, points, {
      now: tick.getTime(),
      unseenMs: unseenMs(rule, tick),
      timeZone: found.timeZone,
      isStale,
      isMuted: (labels) => isQuiet(rule, labels),
    }),
  }))
  const { written, isNews } = await write(tx, venueId, tick, judged)
  const isHeld: IsQuiet = (rule, labels) =>
    (isStale && !isOfData(rule.rule)) || isQuiet(rule, labels)
  const escalated = await escalate(tx, venueId, tick, isHeld)
  if (tick.getTime() % hourMs === 0) await forgetInstances(tx, venueId)
  return { rules: judged.length, written: [...written, ...escalated], isNews }
}

const unseenMs = ({ evaluatedAt }: EnabledRule, tick: Date): number =>
  evaluatedAt === null ? 0 : Math.max(0, tick.getTime() - evaluatedAt - minuteMs)

/** Whether a rule says that the data are too old to judge by; one that they are fresh does not. */
function saysStale(of: EnabledRule, point: Point): boolean {
  const { condition } = of.rule
  if (!isOfData(of.rule) || point.kind !== 'value') return false
  if (judge(condition, null, point) !== 'breach') return false
  if (condition.op === 'outside') return point.value > condition.values[1]
  return condition.op === 'gt' || condition.op === 'gte'
}

// Also a change from nothing: there is a number, and nothing to say of it.
const isUnknown = ({ rule }: EnabledRule, point: Point): boolean =>
  point.kind !== 'error' && judge(rule.condition, rule.recovery, point) === 'unknown'
