/**
 * node test/crash/handler.ts: one concurrent handler of the events queue, as Lambda runs it:
 * receives, calls, keeps what the function wants again and deletes the rest.
 */
import { flushCompileCache } from 'node:module'
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Context, SQSBatchResponse } from 'aws-lambda'
import { handler } from '../../functions/queue/ingest-events.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'
import { doorAttribute } from '../../lib/message-attributes.ts'
import { deliveryOf } from '../oracle/own-queue.ts'
import { obey } from './dying.ts'
import type { News } from './points.ts'

// Longer than a batch takes; what a killed handler held is back after it.
const visibilitySeconds = 10
const timeoutMs = 30_000
const queue = { QueueUrl: process.env.EVENTS_QUEUE_URL }
const sqs = new SQSClient({})
const { stopping, reach } = obey()
// Who is killed writes no cache at its end; with one its successor is there in half the time.
flushCompileCache()
const tell = (news: News) => process.send?.(news)
observeStatements((statement) => {
  if (statement === 'commit') tell({ commits: true })
})

// One batch after the other: that is what a handler is.
while (!stopping.aborted) {
  const { Messages: messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      ...queue,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      VisibilityTimeout: visibilitySeconds,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  )
  if (messages.length === 0) continue
  const startedAt = Date.now()
  const context = {
    functionName: 'ingestEvents',
    awsRequestId: 'crash',
    getRemainingTimeInMillis: () => startedAt + timeoutMs - Date.now(),
  } as Context
  const answer = (await handler(deliveryOf(messages), context)) as SQSBatchResponse
  reach('unacknowledged')
  const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  const done = messages.filter(({ MessageId }) => !failed.has(MessageId ?? ''))
  if (done.length > 0) {
    const Entries = done.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }))
    await sqs.send(new DeleteMessageBatchCommand({ ...queue, Entries }))
  }
  const own = done.filter(({ MessageAttributes: told }) => told?.[doorAttribute] === undefined)
  tell({ done: own.length })
}
process.exit()
