import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { describeFault, log } from './log.ts'
import {
  doorAttribute,
  firstIdAttribute,
  replayAttribute,
  traceAttribute,
} from './message-attributes.ts'
import { inTrace, isTrace, newTrace, traceOf } from './trace.ts'

export type Message = {
  id: string
  body: string
  /** The id it had when it was first sent: flat messages are known by it, also after a redrive. */
  firstId: string
  receiptHandle: string
  receives: number
  /** Sent by this service itself: scrubbed already. */
  isOurs: boolean
  /** The row of the quarantine that it is the replay of. */
  replayOf: string | undefined
  traceId: string
  /** When it was put into the queue; undefined where the queue does not tell. */
  sentAt: number | undefined
}

/** What became of a batch: the ids of messages to deliver again, and counts for the log line. */
export type BatchOutcome = { failed: string[]; counts: Record<string, number> }

/**
 * A queue worker. `work` tells which messages failed; when it throws, all of them did. Messages
 * without an id cannot be reported one by one, so they cannot be acknowledged either.
 */
export function queue(work: (messages: Message[], context: Context) => Promise<BatchOutcome>) {
  const handle = async (messages: Message[], context: Context): Promise<SQSBatchResponse> => {
    const startedAt = Date.now()
    let outcome: BatchOutcome
    let fault = {}
    try {
      outcome = messages.length ? await work(messages, context) : { failed: [], counts: {} }
    } catch (error) {
      fault = describeFault(error)
      outcome = { failed: messages.map((message) => message.id), counts: {} }
    }
    const told = {
      durationMs: Date.now() - startedAt,
      queueLagMs: queueLagOf(messages, startedAt),
      messages: messages.length,
      failed: outcome.failed.length,
      ...outcome.counts,
      ...fault,
    }
    log(outcome.failed.length ? 'warn' : 'info', 'batch', told, measured)
    return { batchItemFailures: outcome.failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }
  return middy<SQSEvent, SQSBatchResponse>().handler((event, context) => {
    const messages = (event.Records ?? []).map(messageOf)
    const traces = new Set(messages.map((message) => message.traceId))
    return inTrace([...traces].join(' '), context, () => handle(messages, context))
  })
}

const measured = [
  'counted',
  'known',
  'quarantined',
  'replayed',
  'failed',
  'durationMs',
  'lagMs',
  'queueLagMs',
] as const

/** How long the oldest message has waited; undefined where the queue does not tell. */
function queueLagOf(messages: Message[], now: number): number | undefined {
  const sent = messages.flatMap(({ sentAt }) => sentAt ?? [])
  return sent.length > 0 ? Math.max(0, now - Math.min(...sent)) : undefined
}

function messageOf(record: SQSRecord): Message {
  const { messageId = '', body = '', receiptHandle = '', attributes } = record
  const told = (name: string) => record.messageAttributes?.[name]?.stringValue
  const firstId = told(firstIdAttribute) ?? messageId
  const isOurs = told(doorAttribute) === 'opened'
  const ownTrace = firstId.replaceAll('-', '').toLowerCase()
  return {
    id: messageId,
    firstId,
    body,
    receiptHandle,
    receives: Number(attributes?.ApproximateReceiveCount ?? 1),
    isOurs,
    replayOf: isOurs ? told(replayAttribute) : undefined,
    // A message of nobody's trace has one made of its own id: the same at every delivery.
    traceId:
      traceOf(told(traceAttribute)) ??
      traceOf(attributes?.AWSTraceHeader) ??
      (isTrace(ownTrace) ? ownTrace : newTrace()),
    sentAt: Number(attributes?.SentTimestamp) || undefined,
  }
}
