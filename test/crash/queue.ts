import { GetQueueAttributesCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../../lib/clients/sqs.ts'

const lanes = 4

/** Sends every body; throws unless the queue has taken all of them. */
export async function sendAll(url: string, bodies: unknown[]): Promise<void> {
  const waiting = [...bodies]
  const work = async () => {
    // One request after the other: that is what a lane is.
    while (waiting.length > 0) {
      const some = waiting.splice(0, 10)
      const Entries = some.map((body, i) => ({ Id: String(i), MessageBody: JSON.stringify(body) }))
      const { Failed = [] } = await sqs().send(
        new SendMessageBatchCommand({ QueueUrl: url, Entries }),
      )
      if (Failed.length > 0) throw new Error(`not sent: ${Failed[0]?.Message}`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, work))
}

/** How many messages a queue holds: waiting, delayed and in flight. */
export async function depthOf(url: string): Promise<number> {
  const { Attributes = {} } = await sqs().send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  )
  return Object.values(Attributes).reduce((sum, text) => sum + Number(text), 0)
}
