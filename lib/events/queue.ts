import { ChangeMessageVisibilityBatchCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'
import { describeFault, log } from '../log.ts'
import { doorAttribute, type Message } from '../queue.ts'
import type { JsonObject } from './json.ts'

const maxEvents = 100
const maxBytes = 250_000 // a message may have 256 KiB, and a batch of them is counted together
const longestWaitSeconds = 60

/**
 * Sends events to the queue, packed in arrays, and returns when they are durably there. They are
 * marked as ours: scrubbed already, people are pseudonyms. Throws StoreUnavailable('queue').
 */
export async function enqueue(events: JsonObject[]): Promise<void> {
  await Promise.all(pack(events).map((bodies) => send(bodies, 0)))
}

/** Sends failed events of arrays again, one a message; false when the queue did not take them. */
export async function sendAgain(events: JsonObject[]): Promise<boolean> {
  try {
    const bodies = events.map((event) => JSON.stringify(event))
    const groups = chunk(bodies)
    await Promise.all(groups.map((group) => send(group, 1)))
    return true
  } catch (error) {
    log('error', 'failed events could not be sent again', describeFault(error))
    return false
  }
}

/** Lets failed messages wait 1, 2, 4 … 60 seconds, by how often they were received. */
export async function postpone(messages: Message[]): Promise<void> {
  if (messages.length === 0) return
  try {
    await sqs().send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: config('queues').EVENTS_QUEUE_URL,
        Entries: messages.map(({ receiptHandle, receives }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.min(2 ** (receives - 1), longestWaitSeconds),
        })),
      }),
    )
  } catch (error) {
    // They come back all the same, after the queue's own time.
    log('warn', 'visibility unchanged', describeFault(error))
  }
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

// Arrays of events, and batches of such arrays, both within what the queue takes.
function pack(events: JsonObject[]): string[][] {
  const arrays: string[] = []
  let texts: string[] = []
  let bytes = 2
  const close = () => {
    if (texts.length) arrays.push(`[${texts.join(',')}]`)
    texts = []
    bytes = 2
  }
  for (const event of events) {
    const text = JSON.stringify(event)
    const size = Buffer.byteLength(text) + 1
    if (texts.length === maxEvents || bytes + size > maxBytes) close()
    texts.push(text)
    bytes += size
  }
  close()
  return chunk(arrays)
}

function chunk(bodies: string[]): string[][] {
  const batches: string[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const body of bodies) {
    const size = Buffer.byteLength(body)
    const last = batches.at(-1)
    if (!last || last.length === 10 || bytes + size > maxBytes) {
      batches.push([body])
      bytes = size
    } else {
      last.push(body)
      bytes += size
    }
  }
  return batches
}
