import type { Tx } from '../clients/postgres.ts'
import { readVenue } from '../venues/store.ts'
import { insertMessages } from './store.ts'
import { defectOfData, type TemplateKey } from './templates.ts'

/** Messages of a group wait so long for others of it. */
const groupWaitSeconds = 10

export type NewMessage = {
  /** One message for each; whoever receives it is told the same key at each attempt. */
  dedupeKey: string
  template: TemplateKey
  /** The variables of the template but `venue`, which is added. */
  data: Record<string, string>
  severity?: 'info' | 'warning' | 'critical'
  scheduledFor?: Date
  /** What of it is due together goes as one. */
  groupKey?: string
} & ({ contactPointId: string } | { userId: string })

/** What was written: to be handed over when it is committed. */
export type Written = { ids: string[]; waitSeconds: number }

/**
 * Writes a message into the outbox, in the transaction of what it tells: both are there, or neither. A
 * contact point that is gone gets none, a person one on each of theirs. Hand over what it returns after
 * the commit; where that fails the clock does. Throws for data that the template has no use for.
 */
export async function writeMessage(tx: Tx, venueId: string, message: NewMessage): Promise<Written> {
  const { settings } = await readVenue(tx, venueId)
  const data = { venue: settings.name ?? venueId, ...message.data }
  const wrong = defectOfData(message.template, data)
  if (wrong) throw new Error(`${wrong.name} ${wrong.defect}`)
  const { severity = 'info', scheduledFor, groupKey = null } = message
  const isAtOnce = groupKey === null || severity === 'critical'
  const waitSeconds = isAtOnce ? 0 : groupWaitSeconds
  const ids = await insertMessages(tx, venueId, {
    ...{ dedupeKey: message.dedupeKey, template: message.template, data, severity, groupKey },
    contactPointId: 'contactPointId' in message ? message.contactPointId : null,
    userId: 'userId' in message ? message.userId : null,
    scheduledFor: scheduledFor?.toISOString() ?? null,
    waitSeconds,
  })
  // What is due later the clock finds.
  return { ids: scheduledFor ? [] : ids, waitSeconds }
}
