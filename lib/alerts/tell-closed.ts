import type { Tx } from '../clients/postgres.ts'
import { whoHeard, writeMessages } from '../messages/write.ts'
import type { Closed } from './instance-store.ts'
import { groupKey, subjectOf, urgencyOf, watchedOf } from './tell.ts'

/**
 * Writes to all who were told that instances fire that somebody has resolved them, and why. The clock
 * sends it within a minute.
 */
export async function tellClosed(
  tx: Tx,
  venueId: string,
  closed: readonly Closed[],
  { reason, at }: { reason: string; at: Date },
): Promise<void> {
  if (closed.length === 0) return
  const subjects = closed.map(({ id }) => subjectOf({ instanceId: id }))
  const heard = await whoHeard(tx, venueId, subjects)
  const messages = closed.flatMap((one) => {
    const { id: instanceId, labels, severity } = one
    const subject = subjectOf({ instanceId })
    return (heard.get(subject) ?? []).map((contactPointId) => ({
      dedupeKey: `${subject} resolved ${contactPointId}`,
      template: 'alert-resolved' as const,
      data: { ...watchedOf(one, at), reason },
      facts: { instanceId, labels },
      severity: urgencyOf[severity],
      ...{ groupKey, contactPointId, subject, isFinal: true },
    }))
  })
  await writeMessages(tx, venueId, messages)
}
