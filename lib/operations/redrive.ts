import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import { withoutTenant } from '../clients/postgres.ts'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'
import { firstIdAttribute } from '../message-attributes.ts'

const mostRounds = 100

/**
 * Sends dead letters back to the queue once Postgres answers again. Each is sent before it is
 * deleted: what dies in between comes twice, and an event that comes twice counts once. Throws
 * StoreUnavailable when Postgres or the queue is away.
 */
export async function redrive(): Promise<Record<string, number>> {
  await withoutTenant((tx) => tx`select 1`)
  try {
    return { redriven: await redriveAll() }
  } catch (error) {
    throw new StoreUnavailable('queue', error)
  }
}

async function redriveAll(): Promise<number> {
  const { EVENTS_QUEUE_URL: queue, EVENTS_DEAD_LETTER_QUEUE_URL: deadLetters } = config('queues')
  let redriven = 0
  // Round after round: the dead letters must be out of sight before the next ten are asked for.
  for (let round = 0; round < mostRounds; round += 1) {
    const { Messages: letters = [] } = await sqs().send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetters,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['AWSTraceHeader'],
        // Letters whose answer was lost on the way are there again for the next run, a minute later.
        VisibilityTimeout: 50,
      }),
    )
    if (letters.length === 0) break
    const sent = await send(queue, letters)
    await remove(deadLetters, sent)
    redriven += sent.length
    if (sent.length < letters.length) break
  }
  return redriven
}

async function send(queue: string, letters: Message[]): Promise<Message[]> {
  const { Failed: failed = [] } = await sqs().send(
    new SendMessageBatchCommand({
      QueueUrl: queue,
      Entries: letters.map(({ Body, MessageAttributes, Attributes, MessageId }, index) => ({
        Id: String(index),
        MessageBody: Body ?? '',
        MessageSystemAttributes: Attributes?.AWSTraceHeader
          ? { AWSTraceHeader: { DataType: 'String', StringValue: Attributes.AWSTraceHeader } }
          : undefined,
        MessageAttributes: {
          [firstIdAttribute]: { DataType: 'String', StringValue: MessageId ?? '' },
          ...MessageAttributes,
        },
      })),
    }),
  )
  const refused = new Set(failed.map(({ Id }) => Id))
  return letters.filter((_, index) => !refused.has(String(index)))
}

async function remove(queue: string, letters: Message[]): Promise<void> {
  if (letters.length === 0) return
  await sqs().send(
    new DeleteMessageBatchCommand({
      QueueUrl: queue,
      Entries: letters.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: ReceiptHandle ?? '',
      })),
    }),
  )
}
