import type { Tx } from '../clients/postgres.ts'
import { type NewMessage, type Written, writeMessages } from '../messages/write.ts'
import { durationMs } from './duration.ts'
import { type DueInstance, lockDueInstances, noteSteps } from './escalation-store.ts'
import type { IsQuiet } from './quiet.ts'
import { contentOf, groupKey, urgencyOf } from './tell.ts'
import { writeHistory } from './tick-store.ts'

/**
 * Does the steps of policies that are due: of each instance that fires and that nobody has acknowledged
 * the next one, or a repetition after the last. What is muted waits.
 */
export async function escalate(
  tx: Tx,
  venueId: string,
  tick: Date,
  isQuiet: IsQuiet,
): Promise<Written[]> {
  const due = (await lockDueInstances(tx, venueId, tick)).filter(
    ({ alertId, rule, labels }) => !isQuiet({ id: alertId, rule }, labels),
  )
  if (due.length === 0) return []
  await noteSteps(
    tx,
    venueId,
    due.map((one) => nextOf(one, tick.getTime())),
  )
  const told = due.filter(({ policy }) => policy !== null)
  const entries = told.map((one) => ({
    instanceId: one.id,
    kind: isRepetition(one) ? 'repeated' : 'escalated',
    note: isRepetition(one) ? null : `step ${one.stepsDone + 1}`,
  }))
  if (entries.length > 0) await writeHistory(tx, venueId, tick, entries)
  const messages = told.flatMap((one) => messagesOf(one, tick))
  return writeMessages(tx, venueId, messages)
}

const isRepetition = ({ policy, stepsDone }: DueInstance): boolean =>
  stepsDone >= (policy?.steps.length ?? 0)

function nextOf(one: DueInstance, now: number) {
  const { id: instanceId, policy, toldAt } = one
  const stepsDone = isRepetition(one) ? one.stepsDone : one.stepsDone + 1
  const next = policy?.steps[stepsDone]
  const repeats = policy?.repeatEvery
  const dueAt = next ? toldAt + durationMs(next.after) : repeats ? now + durationMs(repeats) : null
  return { instanceId, stepsDone, dueAt: dueAt === null ? null : new Date(dueAt).toISOString() }
}

function messagesOf(one: DueInstance, tick: Date): NewMessage[] {
  const { id: instanceId, alertId, rule, fault, stepsDone, policy } = one
  const steps = policy?.steps ?? []
  const hearers = isRepetition(one)
    ? [...rule.contactPointIds, ...steps.flatMap((step) => step.contactPointIds)]
    : (steps[stepsDone]?.contactPointIds ?? [])
  const isFirst = stepsDone === 0 && rule.contactPointIds.length === 0 && !isRepetition(one)
  const kind = isFirst ? ('firing' as const) : ('escalated' as const)
  const told = isRepetition(one) ? `repeated ${tick.toISOString()}` : `step ${stepsDone + 1}`
  return [...new Set(hearers)].map((contactPointId) => ({
    dedupeKey: `alert ${instanceId} ${told} ${contactPointId}`,
    ...contentOf({ kind, instanceId, rule: { id: alertId, rule }, state: one, fault }, tick),
    severity: urgencyOf[rule.severity],
    ...{ groupKey, contactPointId },
  }))
}
