import { type MessageAttributeValue, SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'
import {
  doorAttribute,
  firstIdAttribute,
  replayAttribute,
  traceAttribute,
} from '../message-attributes.ts'
import { currentScope, isTrace, traceparentOf } from '../trace.ts'
import type { JsonObject } from './json.ts'
import { messageText, sendable } from './message-text.ts'
import { batchesOf, packBatches } from './pack.ts'

type Outgoing = {
  body: string
  /** The trace it belongs to; left out where that is none that a header can name. */
  traceId?: unknown
  delaySeconds?: number
  attributes?: Record<string, string | null>
}

/**
 * Sends events to the queue, packed in arrays, and returns when they are durably there. They are
 * marked as ours: scrubbed already, people are pseudonyms. An event that names no trace is given
 * the caller's. Throws StoreUnavailable('queue').
 */
export async function enqueue(events: JsonObject[]): Promise<void> {
  const traceId = currentScope()?.traceId
  const traced = traceId ? events.map((event) => ({ trace_id: traceId, ...event })) : events
  const batches = packBatches(traced.map(messageText))
  await Promise.all(batches.map((bodies) => send(bodies.map((body) => ({ body, traceId })))))
}

/** Sends events one a message; throws StoreUnavailable('queue') when not all of them arrived. */
export async function enqueueSingly(events: JsonObject[], delaySeconds: number): Promise<void> {
  const messages = events.map((event) => ({
    body: messageText(event),
    traceId: event.trace_id,
    delaySeconds,
  }))
  await Promise.all(batchesOf(messages).map(send))
}

/** An event from the quarantine: its row, the text that was kept, the id a flat one is known by. */
export type Replay = {
  quarantineId: string
  eventId: string | null
  traceId: string | null
  body: string
}

/** Sends events from the quarantine, one a message; returns the rows whose message did not arrive. */
export async function enqueueReplays(replays: Replay[]): Promise<string[]> {
  const messages = replays.map(({ quarantineId, eventId, traceId, body }) => ({
    body: sendable(body),
    traceId,
    attributes: { [replayAttribute]: quarantineId, [firstIdAttribute]: eventId },
  }))
  const batches = batchesOf(messages)
  const unsent = await Promise.all(
    batches.map((batch) =>
      send(batch).then(
        () => [],
        () => batch.map(({ attributes }) => attributes[replayAttribute] ?? ''),
      ),
    ),
  )
  return unsent.flat()
}

async function send(messages: Outgoing[]): Promise<void> {
  const command = new SendMessageBatchCommand({
    QueueUrl: config('queues').EVENTS_QUEUE_URL,
    Entries: messages.map(({ body, delaySeconds = 0, ...rest }, index) => ({
      Id: String(index),
      MessageBody: body,
      DelaySeconds: delaySeconds,
      MessageAttributes: attributesOf(rest),
    })),
  })
  const answer = await sqs()
    .send(command)
    .catch((error: unknown) => {
      throw new StoreUnavailable('queue', error)
    })
  const [first] = answer.Failed ?? []
  if (first) throw new StoreUnavailable('queue', new Error(first.Message ?? first.Code))
}

function attributesOf({ traceId, attributes = {} }: Pick<Outgoing, 'traceId' | 'attributes'>) {
  const told: Record<string, string | null> = { [doorAttribute]: 'opened', ...attributes }
  if (isTrace(traceId)) told[traceAttribute] = traceparentOf(traceId)
  const given = Object.entries(told).filter(([, value]) => value !== null && value !== '')
  return Object.fromEntries(
    given.map(([name, value]) => [name, { DataType: 'String', StringValue: value ?? '' }]),
  ) satisfies Record<string, MessageAttributeValue>
}
