/** A process that is one instance of the functions of alerts, for measurements. */
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { SQSBatchResponse } from 'aws-lambda'
import { handler as evaluateAlerts } from '../../functions/queue/evaluate-alerts.ts'
import { checkAlerts } from '../../lib/alerts/check.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { deliveryOf } from '../oracle/own-queue.ts'
import { serve } from './children.ts'
import { context } from './gateway.ts'

const QueueUrl = process.env.EVALUATE_ALERTS_QUEUE_URL
// Longer than the clock staggers venues.
const patienceMs = 3000

/** The clock's part at a moment (epoch ms); returns how many venues it named. */
async function fanOut(now: number): Promise<number> {
  const { venues = 0 } = await checkAlerts(new Date(now))
  return venues
}

/** Works on the queue until nothing has come for a while; returns what was done and how long it worked. */
async function drain() {
  const done = { venues: 0, statements: 0, workedMs: 0, lastAt: Date.now() }
  const stop = observeStatements(() => {
    done.statements += 1
  })
  // Batch after batch, as one instance of a function works.
  while (Date.now() - done.lastAt < patienceMs) {
    const asked = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }
    const { Messages = [] } = await sqs().send(new ReceiveMessageCommand(asked))
    if (Messages.length === 0) continue
    const startedAt = performance.now()
    const given = deliveryOf(Messages)
    const { batchItemFailures } = (await evaluateAlerts(given, context)) as SQSBatchResponse
    if (batchItemFailures.length > 0) throw new Error('a venue came back')
    const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }))
    await sqs().send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    done.venues += Messages.length
    done.workedMs += performance.now() - startedAt
    done.lastAt = Date.now()
  }
  stop()
  return done
}
export type Drained = Awaited<ReturnType<typeof drain>>

serve({ fanOut, drain })
