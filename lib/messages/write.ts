import type { Tx } from '../clients/postgres.ts'
import { readVenue } from '../venues/store.ts'
import { insertMessages, type NewRow, readHearers, withdraw } from './store.ts'
import { defectOfData, type TemplateKey } from './templates.ts'

/** Messages of a group wait so long for others of it. */
const groupWaitSeconds = 5

export type NewMessage = {
  /** One message for each; whoever receives it is told the same key at each attempt. */
  dedupeKey: string
  template: TemplateKey
  /** The variables of the template but `venue`, which is added. */
  data: Record<string, string>
  /** What programs are told beside, as it is. */
  facts?: Record<string, unknown>
  severity?: 'info' | 'warning' | 'critical'
  scheduledFor?: Date
  /** What of it is due together goes as one. */
  groupKey?: string
  /** What it is of. */
  subject?: string
  /** The last word on its subject: what of that failed before is not tried again. */
  isFinal?: boolean
} & ({ contactPointId: string } | { userId: string })

/** What was written: to be handed over when it is committed. */
export type Written = { ids: string[]; waitSeconds: number }

/**
 * Writes a message into the outbox, in the transaction of what it tells: both are there, or neither. A
 * contact point that is gone gets none, a person one on each of theirs. Hand over what it returns after
 * the commit; where that fails the clock does. Throws for data that the template has no use for.
 */
export const writeMessage = (tx: Tx, venueId: string, message: NewMessage): Promise<Written> =>
  writeMessages(tx, venueId, [message]).then(([written]) => written ?? { ids: [], waitSeconds: 0 })

/** As writeMessage, for many in two statements; returns them by how long they wait. */
export async function writeMessages(
  tx: Tx,
  venueId: string,
  messages: readonly NewMessage[],
): Promise<Written[]> {
  if (messages.length === 0) return []
  const { settings } = await readVenue(tx, venueId)
  const rows = messages.map((message) => rowOf(message, settings.name ?? venueId))
  const written = await insertMessages(tx, venueId, rows)
  // What is due later the clock finds.
  const atOnce = written.flatMap(({ id, row }) => {
    const { scheduledFor, waitSeconds } = rows[row] ?? {}
    return scheduledFor === null && waitSeconds !== undefined ? [{ id, waitSeconds }] : []
  })
  return [...Map.groupBy(atOnce, ({ waitSeconds }) => waitSeconds)].map(([waitSeconds, some]) => ({
    ids: some.map(({ id }) => id),
    waitSeconds,
  }))
}

/** Withdraws what was written of a subject and has not gone: somebody takes care of it. */
export async function withdrawMessages(tx: Tx, venueId: string, subject: string): Promise<void> {
  await withdraw(tx, venueId, subject)
}

/** The contact points that were written to of some subjects, their end aside; by subject. */
export async function whoHeard(
  tx: Tx,
  venueId: string,
  subjects: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await readHearers(tx, venueId, subjects)
  const bySubject = Map.groupBy(rows, ({ subject }) => subject)
  return new Map([...bySubject].map(([subject, some]) => [subject, some.map(({ id }) => id)]))
}

function rowOf(message: NewMessage, venueName: string): NewRow {
  const data = { venue: venueName, ...message.data }
  const wrong = defectOfData(message.template, data)
  if (wrong) throw new Error(`${wrong.name} ${wrong.defect}`)
  const { severity = 'info', scheduledFor, groupKey = null, facts = {} } = message
  const { subject = null, isFinal = false } = message
  const isAtOnce = groupKey === null || severity === 'critical'
  return {
    ...{ dedupeKey: message.dedupeKey, template: message.template, data, facts, severity, groupKey }, // biome-ignore format: one line
    ...{ subject, isFinal },
    contactPointId: 'contactPointId' in message ? message.contactPointId : null,
    userId: 'userId' in message ? message.userId : null,
    scheduledFor: scheduledFor?.toISOString() ?? null,
    waitSeconds: isAtOnce ? 0 : groupWaitSeconds,
  }
}
