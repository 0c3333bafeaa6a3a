import {
  CreateQueueCommand,
  DeleteQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { sqs } from '../../lib/clients/sqs.ts'
import { delivery, unique } from '../support/events.ts'

/** A queue of the test's own, on the stack's server. */
export async function ownQueue() {
  const { QueueUrl = '' } = await sqs().send(
    new CreateQueueCommand({ QueueName: unique('q'), Attributes: { VisibilityTimeout: '120' } }),
  )
  // The server gives itself a name under localhost, which not every machine resolves.
  const url = new URL(new URL(QueueUrl).pathname, process.env.EVENTS_QUEUE_URL).href
  return {
    url,
    send: (body: unknown) =>
      sqs().send(new SendMessageCommand({ QueueUrl: url, MessageBody: JSON.stringify(body) })),
    /** Waits until so many messages have come, at most 15 s. */
    async receive(count: number): Promise<Message[]> {
      const found: Message[] = []
      const until = Date.now() + 15_000
      while (found.length < count && Date.now() < until) {
        const { Messages = [] } = await sqs().send(
          new ReceiveMessageCommand({
            QueueUrl: url,
            MaxNumberOfMessages: 10,
            WaitTimeSeconds: 1,
            MessageAttributeNames: ['All'],
            MessageSystemAttributeNames: ['All'],
          }),
        )
        found.push(...Messages)
      }
      return found
    },
    delete: () => sqs().send(new DeleteQueueCommand({ QueueUrl: url })),
  }
}

/** The delivery that the queue makes of messages. */
export function deliveryOf(messages: Message[]): SQSEvent {
  const { Records } = delivery(...messages.map((message) => message.Body))
  return {
    Records: Records.map((record, i) => {
      const message = messages[i] as Message
      const attributes = Object.entries(message.MessageAttributes ?? {})
      return {
        ...record,
        messageId: message.MessageId ?? '',
        receiptHandle: message.ReceiptHandle ?? '',
        attributes: { ...record.attributes, ...message.Attributes },
        messageAttributes: Object.fromEntries(
          attributes.map(([name, { DataType = 'String', StringValue }]) => [
            name,
            { dataType: DataType as 'String', ...(StringValue && { stringValue: StringValue }) },
          ]),
        ),
      }
    }),
  }
}
