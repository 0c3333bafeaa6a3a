import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../clients/sqs.ts'
import { StoreUnavailable } from '../errors.ts'

const batchSize = 10

/** Sends a message for each body. Throws StoreUnavailable when the queue did not take all of them. */
export async function sendEach(queueUrl: string, bodies: object[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(bodies.length / batchSize) }, (_, i) =>
    bodies.slice(i * batchSize, (i + 1) * batchSize),
  )
  await Promise.all(batches.map((batch) => send(queueUrl, batch)))
}

async function send(queueUrl: string, bodies: object[]): Promise<void> {
  const command = new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: bodies.map((body, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(body),
    })),
  })
  const { Failed: failed = [] } = await sqs()
    .send(command)
    .catch((error: unknown) => {
      throw new StoreUnavailable('queue', error)
    })
  const [first] = failed
  if (first) throw new StoreUnavailable('queue', new Error(first.Message ?? first.Code))
}
