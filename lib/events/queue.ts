import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'
import { doorAttribute } from '../message-attributes.ts'
import type { JsonObject } from './json.ts'
import { messageText } from './message-text.ts'
import { batchesOf, packBatches } from './pack.ts'

/**
 * Sends events to the queue, packed in arrays, and returns when they are durably there. They are
 * marked as ours: scrubbed already, people are pseudonyms. Throws StoreUnavailable('queue').
 */
export async function enqueue(events: JsonObject[]): Promise<void> {
  await Promise.all(packBatches(events.map(messageText)).map((bodies) => send(bodies, 0)))
}

/** Sends events one a message; throws StoreUnavailable('queue') when not all of them arrived. */
export async function enqueueSingly(events: JsonObject[], delaySeconds: number): Promise<void> {
  const groups = batchesOf(events.map(messageText))
  await Promise.all(groups.map((group) => send(group, delaySeconds)))
}

async function send(bodies: string[], delaySeconds: number): Promise<void> {
  const command = new SendMessageBatchCommand({
    QueueUrl: config('queues').EVENTS_QUEUE_URL,
    Entries: bodies.map((body, index) => ({
      Id: String(index),
      MessageBody: body,
      DelaySeconds: delaySeconds,
      MessageAttributes: { [doorAttribute]: { DataType: 'String', StringValue: 'opened' } },
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
