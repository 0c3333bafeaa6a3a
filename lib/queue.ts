import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { observeStatements } from './clients/postgres.ts'
import { describeFault, log } from './log.ts'
import { doorAttribute, firstIdAttribute } from './message-attributes.ts'

export type Message = {
  id: string
  body: string
  /** The id it had when it was first sent: flat messages are known by it, also after a redrive. */
  firstId: string
  receiptHandle: string
  receives: number
  /** Sent by this service itself: scrubbed already. */
  isOurs: boolean
}

/** What became of a batch: the ids of messages to deliver again, and counts for the log line. */
export type BatchOutcome = { failed: string[]; counts: Record<string, number> }

/**
 * A queue worker. `work` tells which messages failed; when it throws, all of them did. Messages
 * without an id cannot be reported one by one, so they cannot be acknowledged either.
 */
export function queue(work: (messages: Message[], context: Context) => Promise<BatchOutcome>) {
  const handle = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const startedAt = Date.now()
    const messages = (event.Records ?? []).map(messageOf)
    let statements = 0
    const stop = observeStatements(() => {
      statements += 1
    })
    let outcome: BatchOutcome
    let fault = {}
    try {
      outcome = messages.length ? await work(messages, context) : { failed: [], counts: {} }
    } catch (error) {
      fault = describeFault(error)
      outcome = { failed: messages.map((message) => message.id), counts: {} }
    } finally {
      stop()
    }
    log(outcome.failed.length ? 'warn' : 'info', 'batch', {
      function: context.functionName,
      requestId: context.awsRequestId,
      durationMs: Date.now() - startedAt,
      messages: messages.length,
      failed: outcome.failed.length,
      statements,
      ...outcome.counts,
      ...fault,
    })
    return { batchItemFailures: outcome.failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
  return middy<SQSEvent, SQSBatchResponse>().handler(handle)
}

const messageOf = (record: SQSRecord): Message => ({
  id: record.messageId ?? '',
  firstId: record.messageAttributes?.[firstIdAttribute]?.stringValue ?? record.messageId ?? '',
  body: record.body ?? '',
  receiptHandle: record.receiptHandle ?? '',
  receives: Number(record.attributes?.ApproximateReceiveCount ?? 1),
  isOurs: record.messageAttributes?.[doorAttribute]?.stringValue === 'opened',
})
