/** A process that is one instance of the functions of aggregation, for measurements. */
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { ScheduledEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { handler as aggregateVenue } from '../../functions/queue/aggregate-venue.ts'
import { handler as aggregate } from '../../functions/schedule/aggregate.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { deliveryOf } from '../oracle/own-queue.ts'
import { serve } from './children.ts'
import { context } from './gateway.ts'

const QueueUrl = process.env.AGGREGATE_VENUE_QUEUE_URL

/** The clock's part; returns how many venues it named. */
async function fanOut(): Promise<number> {
  const { venues = 0 } = await aggregate({} as ScheduledEvent, context)
  return venues
}

/** Works on what is in the queue until it is empty; returns venues done and statements sent. */
async function drain(): Promise<{ venues: number; statements: number }> {
  const done = { venues: 0, statements: 0 }
  const stop = observeStatements(() => {
    done.statements += 1
  })
  // Batch after batch, as one instance of a function works.
  for (;;) {
    const asked = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }
    const { Messages = [] } = await sqs().send(new ReceiveMessageCommand(asked))
    if (Messages.length === 0) break
    const given: SQSEvent = deliveryOf(Messages)
    const { batchItemFailures } = (await aggregateVenue(given, context)) as SQSBatchResponse
    if (batchItemFailures.length > 0) throw new Error('a venue came back')
    const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }))
    await sqs().send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    done.venues += Messages.length
  }
  stop()
  return done
}

serve({ fanOut, drain })
