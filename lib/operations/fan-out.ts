import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../clients/sqs.ts'
import { StoreUnavailable } from '../errors.ts'

const batchSize = 10

/** Sends a message for each body, to be seen after some seconds. Throws StoreUnavailable when the queue did not take all of them. */
export async function sendEach(
  queueUrl: string,
  bodies: object[],
  delaySeconds = 0,
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(bodies.length / batchSize) }, (_, i) =>
    bodies.slice(i * batchSize, (i + 1) * batchSize),
  )
  await Promise.all(batches.map((batch) => send(queueUrl, batch, delaySeconds)))
}

async function send(queueUrl: string, bodies: object[], delaySeconds: number): Promise<void> {
  const command = new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: bodies.map((body, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(body),
      DelaySeconds: delaySeconds,
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
