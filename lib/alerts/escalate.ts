import type { Tx } from '../clients/postgres.ts'
import { type NewMessage, type Written, writeMessages } from '../messages/write.ts'
import { durationMs } from './duration.ts'
import { beforeSteps, type DueInstance, lockDueInstances, noteSteps } from './escalation-store.ts'
import type { IsQuiet } from './quiet.ts'
import { contentOf, messagesTo } from './tell.ts'
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
  await noteSteps(tx, venueId, tick, due.map((one) => nextOf(one, tick.getTime()))) // biome-ignore format: one line
  const told = due.filter(isWanted)
  const isSaid = (one: DueInstance) => kindOf(one) !== 'told' || one.rule.contactPointIds.length > 0
  const entries = told.filter(isSaid).map((one) => ({
    instanceId: one.id,
    kind: kindOf(one),
    note: kindOf(one) === 'escalated' ? `step ${one.stepsDone + 1}` : null,
  }))
  if (entries.length > 0) await writeHistory(tx, venueId, tick, entries)
  const messages = told.flatMap((one) => messagesOf(one, tick))
  const written = await writeMessages(tx, venueId, messages)
  // A first step without a delay goes with that: then none is due any more of which that is so.
  const isMore = due.some((one) => kindOf(one) === 'told')
  return isMore ? [...written, ...(await escalate(tx, venueId, tick, isQuiet))] : written
}

// A policy may have gone, or repeat no more, since this was planned.
function isWanted(one: DueInstance): boolean {
  const kind = kindOf(one)
  if (kind === 'repeated') return Boolean(one.policy?.repeatEvery)
  return kind === 'told' || one.policy !== null
}

/** What is due: that its own contact points are told, a step, or a repetition after the last. */
function kindOf({
  policy,
  stepsDone,
  owesTelling,
}: DueInstance): 'told' | 'escalated' | 'repeated' {
  if (owesTelling || stepsDone === beforeSteps) return 'told'
  return stepsDone < (policy?.steps.length ?? 0) ? 'escalated' : 'repeated'
}

function nextOf(one: DueInstance, now: number) {
  const { id: instanceId, policy } = one
  if (one.owesTelling) return { instanceId, stepsDone: one.stepsDone, dueAt: isoOf(one.dueAt) }
  const stepsDone = kindOf(one) === 'repeated' ? one.stepsDone : one.stepsDone + 1
  const next = policy?.steps[stepsDone]
  const repeats = policy?.repeatEvery
  // Delays of steps count from one beginning.
  const begunAt = (one.dueAt ?? now) - durationMs(policy?.steps[one.stepsDone]?.after ?? '0s')
  const dueAt = next ? begunAt + durationMs(next.after) : repeats ? now + durationMs(repeats) : null
  return { instanceId, stepsDone, dueAt: isoOf(dueAt) }
}

const isoOf = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString()

function messagesOf(one: DueInstance, tick: Date): NewMessage[] {
  const { id: instanceId, alertId, rule, fault, stepsDone, policy } = one
  const { contactPointIds: own } = rule
  const steps = policy?.steps ?? []
  const what = kindOf(one)
  const hearersOf = {
    told: own,
    escalated: steps[stepsDone]?.contactPointIds ?? [],
    repeated: [...own, ...steps.flatMap((step) => step.contactPointIds)],
  }
  const isFirst = what === 'told' || (what === 'escalated' && stepsDone === 0 && own.length === 0)
  const kind = isFirst ? ('firing' as const) : ('escalated' as const)
  const at = kind === 'firing' ? new Date(one.firedAt) : tick
  const wordOf = {
    told: `firing ${one.cause}`,
    escalated: `step ${stepsDone + 1} of ${policy?.id}`,
    repeated: `repeated ${tick.toISOString()}`,
  }
  return messagesTo(
    hearersOf[what],
    { instanceId, word: wordOf[what], severity: rule.severity, isFinal: false },
    contentOf({ kind, instanceId, rule: { id: alertId, rule }, state: one, fault }, at),
  )
}
