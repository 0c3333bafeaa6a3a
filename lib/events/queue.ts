import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'
import { doorAttribute } from '../message-attributes.ts'
import type { JsonObject } from './json.ts'
import { messageText } from './message-text.ts'

const maxEvents = 100
const maxBytes = 250_000 // a message may have 256 KiB, and a batch of them is counted together

/**
 * Sends events to the queue, packed in arrays, and returns when they are durably there. They are
 * marked as ours: scrubbed already, people are pseudonyms. Throws StoreUnavailable('queue').
 */
export async function enqueue(events: JsonObject[]): Promise<void> {
  await Promise.all(pack(events).map((bodies) => send(bodies, 0)))
}

/** Sends events one a message; throws StoreUnavailable('queue') when not all of them arrived. */
export async function enqueueSingly(events: JsonObject[], delaySeconds: number): Promise<void> {
  const groups = chunk(events.map(messageText))
  await Promise.all(groups.map((group) => send(group, delaySeconds)))
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
    const text = messageText(event)
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
