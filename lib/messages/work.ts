import * as z from 'zod'
import { eachVenue } from '../operations/each-venue.ts'
import type { BatchOutcome, Message } from '../queue.ts'
import { isUuid } from '../uuid.ts'
import { sendMessages } from './send.ts'

const Body = z.object({
  venueId: z.string().min(1),
  messageIds: z.array(z.string().refine(isUuid)).min(1).max(100),
})

/** Sends the messages that a batch names. */
export const sendNamed = (messages: Message[]): Promise<BatchOutcome> =>
  eachVenue(messages, Body, ({ venueId, messageIds }) => sendMessages(venueId, messageIds))
