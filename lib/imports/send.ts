import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../clients/sqs.ts'
import { packBatches } from '../events/pack.ts'

const lanes = 4
const pausesMs = [200, 500, 1000, 2000, 4000, 8000]

/** Sends events (their JSON texts) packed in arrays; resolves when all of them are durably there. */
export async function sendEvents(queueUrl: string, events: readonly string[]): Promise<void> {
  const waiting = packBatches(events)
  const lane = async () => {
    for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
      await sendPatiently(queueUrl, batch)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function sendPatiently(queueUrl: string, batch: string[]): Promise<void> {
  let left = batch
  for (const pauseMs of pausesMs) {
    const { refused, reason } = await send(queueUrl, left)
    if (refused.length === 0) return
    left = refused
    if (pauseMs === pausesMs.at(-1)) throw new Error(`The queue takes nothing: ${reason}`)
    await sleep(pauseMs)
  }
}

/** The messages that the queue did not take. */
async function send(queueUrl: string, bodies: string[]) {
  const Entries = bodies.map((body, index) => ({ Id: String(index), MessageBody: body }))
  try {
    const answer = await sqs().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
    const failed = answer.Failed ?? []
    const ids = new Set(failed.map(({ Id }) => Id))
    const refused = bodies.filter((_, index) => ids.has(String(index)))
    return { refused, reason: failed[0]?.Message ?? failed[0]?.Code ?? '' }
  } catch (error) {
    return { refused: bodies, reason: messageOf(error) }
  }
}

// Node names a refused connection by an AggregateError without a message of its own.
function messageOf(error: unknown): string {
  const { message, code, name } = error as NodeJS.ErrnoException
  return message || code || name
}
