import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { unique } from './events.ts'

/** Gives this test file an events queue of its own: test files run side by side. */
export async function ownQueue(): Promise<string> {
  const sqs = new SQSClient({})
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: unique('events') }))
  sqs.destroy()
  const endpoint = process.env.AWS_ENDPOINT_URL ?? ''
  // Some emulators answer with a host name that needs its own DNS.
  const url = new URL(new URL(QueueUrl ?? '').pathname, endpoint).href
  process.env.EVENTS_QUEUE_URL = url
  return url
}
