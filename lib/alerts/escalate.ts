import type { Tx } from '../clients/postgres.ts'
import { type NewMessage, type Written, writeMessages } from '../messages/write.ts'
import { durationMs } from './duration.ts'
import { type DueInstance, lockDueInstances, noteSteps, type Policy } from './escalation-store.ts'
import type { IsQuiet } from './quiet.ts'
import { contentOf, messagesTo } from './tell.ts'
import { writeHistory } from './tick-store.ts'

/**
 * Tells what is due of instances that fire and that nobody takes care of: the contact points of their
 * alert, the next step of its policy, or a repetition after the last. What is muted waits.
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
  await noteSteps(tx, venueId, tick, due.map((one) => afterwards(one, tick.getTime()))) // biome-ignore format: one line
  const telling = due.flatMap((one) => kindsOf(one, tick.getTime()).map((kind) => ({ one, kind })))
  const entries = telling.map(({ one: { id: instanceId, stepsDone }, kind }) => ({
    instanceId,
    kind,
    note: kind === 'escalated' ? `step ${stepsDone + 1}` : null,
  }))
  if (entries.length > 0) await writeHistory(tx, venueId, tick, entries)
  return writeMessages(
    tx,
    venueId,
    telling.flatMap(({ one, kind }) => messagesOf(one, kind, tick)),
  )
}

type Kind = 'told' | 'escalated' | 'repeated'

/** What is due of an instance. A policy may have gone, or repeat no more, since this was planned. */
function kindsOf(one: DueInstance, now: number): Kind[] {
  const { isToTell, stepsDone, policy, rule } = one
  const kinds: Kind[] = isToTell && rule.contactPointIds.length > 0 ? ['told'] : []
  if (!isStepDue(one, now) || !policy) return kinds
  if (stepsDone < policy.steps.length) return [...kinds, 'escalated']
  return policy.repeatEvery ? [...kinds, 'repeated'] : kinds
}

const isStepDue = ({ nextStepAt }: DueInstance, now: number): boolean =>
  nextStepAt !== null && nextStepAt <= now

/** How far an instance is in its policy when what is due is done. Epoch ms. */
function afterwards(one: DueInstance, now: number) {
  const { id: instanceId, policy, stepsDone: before, nextStepAt } = one
  if (nextStepAt === null || !isStepDue(one, now)) {
    return { instanceId, stepsDone: before, nextStepAt }
  }
  const steps = policy?.steps ?? []
  const repeats = policy?.repeatEvery
  const stepsDone = before < steps.length ? before + 1 : before
  const next = steps[stepsDone]
  // Delays of steps count from one beginning.
  if (next) {
    const begunAt = nextStepAt - durationMs(steps[before]?.after ?? '0s')
    return { instanceId, stepsDone, nextStepAt: begunAt + durationMs(next.after) }
  }
  return { instanceId, stepsDone, nextStepAt: repeats ? now + durationMs(repeats) : null }
}

function messagesOf(one: DueInstance, what: Kind, tick: Date): NewMessage[] {
  const { id: instanceId, alertId, rule, fault, stepsDone, policy } = one
  const { contactPointIds: own } = rule
  const steps = policy?.steps ?? []
  const step = steps[stepsDone]
  const hearersOf = {
    told: own,
    escalated: step?.contactPointIds.filter((id) => !isToldWith(step, own, id)) ?? [],
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

// A step without a delay is done as the alert itself tells: who is named by both hears it once.
const isToldWith = (
  { after }: Policy['steps'][number],
  own: readonly string[],
  id: string,
): boolean => durationMs(after) === 0 && own.includes(id)
