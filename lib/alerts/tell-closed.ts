import type { Tx } from '../clients/postgres.ts'
import { whoHeard, writeMessages } from '../messages/write.ts'
import type { Closed } from './instance-store.ts'
import { messagesTo, subjectOf, watchedOf } from './tell.ts'

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
  const subjects = closed.map(({ id }) => subjectOf(id))
  const heard = await whoHeard(tx, venueId, subjects)
  const messages = closed.flatMap((one) => {
    const { id: instanceId, labels, severity } = one
    const hearers = heard.get(subjectOf(instanceId)) ?? []
    const what = { instanceId, word: 'resolved', severity, isFinal: true }
    const data = { ...watchedOf(one, at), reason }
    return messagesTo(hearers, what, { template: 'alert-resolved', data, facts: { instanceId, labels } }) // biome-ignore format: one line
  })
  await writeMessages(tx, venueId, messages)
}
