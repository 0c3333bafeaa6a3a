import type { Message } from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
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
