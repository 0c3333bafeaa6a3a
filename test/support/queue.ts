import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { unique } from './events.ts'

/** Gives this test file a queue of its own: test files run side by side. */
export async function ownQueue(
  variable: 'EVENTS_QUEUE_URL' | 'BROADCAST_QUEUE_URL' = 'EVENTS_QUEUE_URL',
): Promise<string> {
  const sqs = new SQSClient({})
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: unique('own') }))
  sqs.destroy()
  const endpoint = process.env.AWS_ENDPOINT_URL ?? ''
  // Some emulators answer with a host name that needs its own DNS.
  const url = new URL(new URL(QueueUrl ?? '').pathname, endpoint).href
  process.env[variable] = url
  return url
}
