/**
 * A process that is one worker of messages, as Lambda runs it: receives, calls, deletes. It begins when
 * it is told to, and dies by SIGKILL at the point that it is told.
 */
import { subscribe } from 'node:diagnostics_channel'
import { flushCompileCache } from 'node:module'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { Context, SQSBatchResponse } from 'aws-lambda'
import { handler } from '../../functions/queue/send-message.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { deliveryOf } from '../oracle/own-queue.ts'
import type { DeathOfWorker } from './messages-workers.ts'

const queue = { QueueUrl: process.env.NOTIFICATIONS_QUEUE_URL }
const context = {
  functionName: 'sendMessage',
  awsRequestId: 'crash',
  getRemainingTimeInMillis: () => 60_000,
} as Context
let fate: DeathOfWorker | null = null
let commits = 0
// Who is killed writes no cache at its end; with one its successor is there in half the time.
flushCompileCache()

const reach = (point: DeathOfWorker) => {
  if (fate === point) process.kill(process.pid, 'SIGKILL')
}
// Seen before they are sent. The first commit is the claim's, the second that of how it ended.
observeStatements((statement) => {
  if (statement !== 'commit') return
  commits += 1
  reach(commits === 1 ? 'before the claim is committed' : 'before the outcome is committed')
})
// Published before a byte is on its way: the connection is not made yet.
subscribe('http.client.request.start', (told) => {
  const { request } = told as { request: { path: string } }
  if (request.path === '/hook') reach('between the claim and the request')
})
process.on('disconnect', () => process.exit())
process.on('message', (order: { dieAt: DeathOfWorker | null }) => {
  fate = order.dieAt
  work()
})
process.send?.('ready')

async function work() {
  // One after the other: that is what a worker is.
  for (;;) {
    const { Messages: messages = [] } = await sqs().send(
      new ReceiveMessageCommand({ ...queue, MaxNumberOfMessages: 1, WaitTimeSeconds: 1 }),
    )
    const [message] = messages
    if (!message) continue
    process.send?.({ receiptHandle: message.ReceiptHandle })
    const answer = (await handler(deliveryOf(messages), context)) as SQSBatchResponse
    reach('before the queue message is deleted')
    if (answer.batchItemFailures.length > 0) continue
    await sqs().send(new DeleteMessageCommand({ ...queue, ReceiptHandle: message.ReceiptHandle }))
  }
}
