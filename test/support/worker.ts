import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { SQSBatchResponse } from 'aws-lambda'
import { handler } from '../../functions/queue/ingest-events.ts'
import { deliveryOf } from '../oracle/own-queue.ts'
import { context } from './service.ts'

/**
 * Works on the events queue as the event source mapping does, two batches at once, until stopped:
 * receives, calls the handler, deletes what the handler does not want again.
 */
export function startWorker(): { stop(): Promise<void> } {
  const queue = process.env.EVENTS_QUEUE_URL ?? ''
  const sqs = new SQSClient({})
  const stopping = new AbortController()
  const work = async () => {
    // One batch after the other: that is what a poller is.
    while (!stopping.signal.aborted) {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queue,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 1,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
        }),
      )
      if (messages.length === 0) continue
      const answer = (await handler(deliveryOf(messages), context)) as SQSBatchResponse
      const failed = new Set(answer.batchItemFailures.map((failure) => failure.itemIdentifier))
      const done = messages.filter(({ MessageId }) => !failed.has(MessageId ?? ''))
      if (done.length === 0) continue
      await sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queue,
          Entries: done.map(({ ReceiptHandle }, i) => ({
            Id: String(i),
            ReceiptHandle: ReceiptHandle ?? '',
          })),
        }),
      )
    }
  }
  const working = [work(), work()]
  return {
    async stop() {
      stopping.abort()
      await Promise.all(working)
      sqs.destroy()
    },
  }
}
