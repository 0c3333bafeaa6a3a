import { ChangeMessageVisibilityBatchCommand } from '@aws-sdk/client-sqs'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { within } from '../deadline.ts'
import { describeFault, log } from '../log.ts'
import type { Message } from '../queue.ts'
import type { JsonObject } from './json.ts'
import { enqueueSingly } from './queue.ts'

const longestWaitSeconds = 60
const sendMs = 6500
const postponeMs = 1000

/** Sends failed events of arrays again, one a message; false when the queue did not take them. */
export async function sendAgain(events: JsonObject[]): Promise<boolean> {
  try {
    await within(sendMs, enqueueSingly(events, 1))
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
      { abortSignal: AbortSignal.timeout(postponeMs) },
    )
  } catch (error) {
    // They come back all the same, after the queue's own time.
    log('warn', 'visibility unchanged', describeFault(error))
  }
}
