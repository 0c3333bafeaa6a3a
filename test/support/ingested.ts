import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { delivery } from './events.ts'
import { context } from './service.ts'

/** Hands messages of the queue to the worker as its event source does, attributes included. */
export async function deliverMessages(messages: Message[]): Promise<void> {
  const event: SQSEvent = delivery(...messages.map(({ Body }) => Body))
  const Records = event.Records.map((record, i) => ({
    ...record,
    messageAttributes: Object.fromEntries(
      Object.entries(messages[i]?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [
        name,
        { dataType: 'String' as const, stringValue: StringValue },
      ]),
    ),
  }))
  await ingestEvents({ Records }, context)
}

/** Waits for what a request put into the queue, 5 s at most, and hands it to the worker. */
export async function countArrived(QueueUrl: string): Promise<void> {
  const { Messages = [] } = await sqs().send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 5,
      MessageAttributeNames: ['All'],
    }),
  )
  if (Messages.length === 0) throw new Error('nothing came')
  await deliverMessages(Messages)
}
