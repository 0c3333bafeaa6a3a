import type { Tx } from '../clients/postgres.ts'
import { durationMs } from './duration.ts'
import { lockFollowing, type Policy, writeNextSteps } from './escalation-store.ts'

type Steps = Pick<Policy, 'steps' | 'repeatEvery'>
type Place = { stepsDone: number; nextStepAt: number | null; firedAt: number }

/** Has what fires and nobody takes care of follow its policy as it is now, from the steps that are done. */
export async function replan(
  tx: Tx,
  venueId: string,
  { before, after }: { before: Policy; after: Policy },
  now: number,
): Promise<void> {
  const following = await lockFollowing(tx, venueId, after.id)
  const moved = following.flatMap((one) => {
    const nextStepAt = nextStepOf(one, before, after, now)
    return nextStepAt === one.nextStepAt ? [] : [{ instanceId: one.id, nextStepAt }]
  })
  if (moved.length > 0) await writeNextSteps(tx, venueId, moved)
}

/**
 * When the next step of an instance is due by a policy that was another before; null: none is. Epoch ms.
 * Of what is planned the delay is exchanged; a step that follows the last of the policy before counts
 * from when the instance fired.
 */
export function nextStepOf(
  { stepsDone, nextStepAt, firedAt }: Place,
  before: Steps,
  after: Steps,
  now: number,
): number | null {
  const step = after.steps[stepsDone]
  const stepBefore = before.steps[stepsDone]
  // Its steps have not begun: it is muted.
  if (stepBefore && nextStepAt === null) return null
  if (step && stepBefore && nextStepAt !== null) {
    return nextStepAt - durationMs(stepBefore.after) + durationMs(step.after)
  }
  if (step) return firedAt + durationMs(step.after)
  if (after.repeatEvery === null) return null
  const repeatMs = durationMs(after.repeatEvery)
  if (stepBefore || nextStepAt === null || before.repeatEvery === null) return now + repeatMs
  return nextStepAt - durationMs(before.repeatEvery) + repeatMs
}
