import { readTenant, type Tx, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { listOf, paged } from '../paging.ts'
import { isUuid } from '../uuid.ts'
import { handOver } from './hand-over.ts'
import type { Message, MessageQuery, MessageWhole } from './schema.ts'
import { listMessages, readAttempts, reopenMessage } from './store.ts'

/** A page of the messages of a venue, the latest first. */
export const pageOfMessages = (
  venueId: string,
  query: MessageQuery,
): Promise<{ items: Message[]; nextCursor: string | null }> =>
  readTenant(venueId, (tx) =>
    paged(venueId, listOf('messages', query), query, (at) =>
      listMessages(tx, venueId, { state: query.state ?? null }, at),
    ),
  )

/** One message with its log; throws a Refusal where there is none. */
export const findMessage = (venueId: string, id: string): Promise<MessageWhole> =>
  readTenant(venueId, async (tx) => {
    const message = await oneMessage(tx, venueId, id)
    // What went with another is told by its log.
    const log = await readAttempts(tx, venueId, message.sentWith ?? id)
    return { ...message, log: [...log] }
  })

/** Has a message tried again that failed or is dead; throws a conflict where it is neither. */
export async function retryMessage(venueId: string, id: string): Promise<Message> {
  const message = await withTenant(venueId, async (tx) => {
    const { sentWith } = await oneMessage(tx, venueId, id)
    if (!(await reopenMessage(tx, venueId, sentWith ?? id))) {
      throw new Refusal('conflict', 'The message is sent, waits for its turn or is at work')
    }
    return oneMessage(tx, venueId, id)
  })
  await handOver(venueId, [{ ids: [message.sentWith ?? id], waitSeconds: 0 }])
  return message
}

async function oneMessage(tx: Tx, venueId: string, id: string): Promise<Message> {
  const [found] = isUuid(id)
    ? await listMessages(tx, venueId, { only: id }, { after: null, limit: 1 })
    : []
  if (!found) throw new Refusal('not_found', 'There is no such message')
  return found.item
}

/** The message of a key, in the transaction that wrote it. */
export async function messageOfKey(tx: Tx, venueId: string, dedupeKey: string): Promise<Message> {
  const [found] = await listMessages(tx, venueId, { dedupeKey }, { after: null, limit: 1 })
  if (!found) throw new Error('the message was written')
  return found.item
}
