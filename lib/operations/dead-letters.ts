import { GetQueueAttributesCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import * as z from 'zod'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'
import { openMessage } from '../events/door.ts'
import { doorAttribute, firstIdAttribute, traceAttribute } from '../message-attributes.ts'
import { traceOf } from '../trace.ts'

export const LetterQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(10)
    .default(10)
    .meta({ description: 'How many letters to look at' }),
})

const Event = z.object({
  venueId: z.string().nullable(),
  eventId: z.string().nullable(),
  type: z.string().nullable(),
  /** Why the event can never count; null where nothing is wrong with it. */
  code: z.string().nullable(),
  path: z.string().nullable(),
  /** The event as it may be kept, people taken out of it. */
  body: z.string(),
})

const Letter = z.object({
  id: z.string(),
  sentAt: z.string().nullable(),
  receives: z.int(),
  traceId: z.string().nullable(),
  events: z.array(Event),
})

export const DeadLetters = z
  .object({
    queue: z.literal('events'),
    /** About how many wait, and how many somebody is working on right now. */
    depth: z.int(),
    inFlight: z.int(),
    /** When the oldest of those shown was first sent. */
    oldestSentAt: z.string().nullable(),
    letters: z.array(Letter),
  })
  .meta({
    id: 'DeadLetters',
    examples: [
      {
        queue: 'events',
        depth: 1,
        inFlight: 0,
        oldestSentAt: '2026-06-01T16:00:02.123Z',
        letters: [
          {
            id: 'a9b8c7d6-0000-4000-8000-000000000001',
            sentAt: '2026-06-01T16:00:02.123Z',
            receives: 21,
            traceId: null,
            events: [
              {
                venueId: 'v-palace',
                eventId: '01JZ0000000000000000000001',
                type: 'order.paid',
                code: null,
                path: null,
                body: '{"event_id":"01JZ0000000000000000000001","type":"order.paid"}',
              },
            ],
          },
        ],
      },
    ],
  })
export type DeadLetters = z.infer<typeof DeadLetters>

const mostRounds = 3

/**
 * How many dead letters there are, and a look at some of them; none is taken out, and each stays
 * visible to whoever redrives. Bodies pass the door, so that they tell of nobody.
 */
export async function deadLetters(limit: number, now: Date): Promise<DeadLetters> {
  const { EVENTS_DEAD_LETTER_QUEUE_URL: QueueUrl } = config('queues')
  try {
    const { Attributes = {} } = await sqs().send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    )
    const depth = Number(Attributes.ApproximateNumberOfMessages ?? 0)
    const inFlight = Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0)
    const found = await peek(QueueUrl, limit)
    const letters = found
      .map((message) => letterOf(message, now))
      .sort((left, right) => ((left.sentAt ?? '') < (right.sentAt ?? '') ? -1 : 1))
    return { queue: 'events', depth, inFlight, oldestSentAt: letters[0]?.sentAt ?? null, letters }
  } catch (error) {
    throw new StoreUnavailable('queue', error)
  }
}

async function peek(QueueUrl: string, limit: number): Promise<Message[]> {
  const found = new Map<string, Message>()
  // A queue hands out what it likes, the same ones too: a few rounds find most of what there is.
  for (let round = 0; round < mostRounds && found.size < limit; round += 1) {
    const { Messages = [] } = await sqs().send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        VisibilityTimeout: 0,
      }),
    )
    for (const message of Messages) found.set(message.MessageId ?? '', message)
    if (Messages.length === 0) break
  }
  return [...found.values()].slice(0, limit)
}

function letterOf(message: Message, now: Date): z.infer<typeof Letter> {
  const { MessageId: id = '', Body = '', Attributes = {}, MessageAttributes = {} } = message
  const told = (name: string) => MessageAttributes[name]?.StringValue
  const sentAt = Number(Attributes.SentTimestamp)
  const opened = openMessage(Body, {
    messageId: told(firstIdAttribute) ?? id,
    now,
    secret: config('privacy').PSEUDONYM_SECRET,
    trusted: told(doorAttribute) === 'opened',
  })
  return {
    id,
    sentAt: sentAt ? new Date(sentAt).toISOString() : null,
    receives: Number(Attributes.ApproximateReceiveCount ?? 0),
    traceId: traceOf(told(traceAttribute)) ?? traceOf(Attributes.AWSTraceHeader) ?? null,
    events: opened.map((one) =>
      one.ok
        ? {
            venueId: one.event.venue_id,
            eventId: one.event.event_id,
            type: one.event.type,
            code: null,
            path: null,
            body: JSON.stringify(one.raw),
          }
        : {
            venueId: one.venueId ?? null,
            eventId: one.eventId ?? null,
            type: one.type ?? null,
            code: one.code,
            path: one.path,
            body: one.body,
          },
    ),
  }
}
