import { createHash } from 'node:crypto'
import {
  DeleteMessageBatchCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { type Aws, clientConfig, queueArn, queueVariable } from './aws-resources.ts'
import type { QueueTrigger, Template } from './template.ts'

type Source = QueueTrigger & { url: string; arn: string; region: string; invocation: string }
type Setup = {
  aws: Aws
  template: Template
  environment: Record<string, string>
  lambdaPort: number
  say: (line: string) => void
}
type Outcome = { batchItemFailures?: { itemIdentifier?: string }[]; errorType?: string } | null

const receiveLimit = 10
// Short: the emulator hands messages also to a receiver that was cut off while it waited.
const waitSeconds = 1
// An answer may be as slow as that; a connection that never answers is given up.
const requestHandler = {
  connectionTimeout: 2000,
  requestTimeout: 12_000,
  throwOnRequestTimeout: true,
}

/**
 * Does locally what Lambda's event source mappings do: takes messages from each queue that a
 * function names, invokes it, and deletes what it has not reported as failed. Returns how to stop.
 */
export function pollQueues({ aws, template, environment, lambdaPort, say }: Setup) {
  const sqs = new SQSClient({ ...clientConfig(aws), requestHandler })
  const stopping = new AbortController()
  const loops = template.triggers.flatMap((trigger) => {
    const arn = queueArn(aws, trigger.queue, template.resources)
    const source: Source = {
      ...trigger,
      arn,
      region: aws.region,
      url: queueUrl(environment, trigger.queue),
      invocation: `http://127.0.0.1:${lambdaPort}/2015-03-31/functions/${trigger.functionName}/invocations`,
    }
    // One at a time keeps the order of a group.
    const pollers = arn.endsWith('.fifo') ? 1 : trigger.pollers
    return Array.from({ length: pollers }, () => poll(sqs, source, stopping.signal, say))
  })
  return async () => {
    stopping.abort()
    await Promise.all(loops)
    sqs.destroy()
  }
}

async function poll(
  sqs: SQSClient,
  source: Source,
  signal: AbortSignal,
  say: (line: string) => void,
) {
  let lastTrouble = ''
  while (!signal.aborted) {
    try {
      const messages = await receive(sqs, source, signal)
      if (messages.length === 0) continue
      const failed = await invoke(source, messages)
      await remove(
        sqs,
        source,
        messages.filter(({ MessageId }) => !failed.has(MessageId ?? '')),
      )
      lastTrouble = ''
    } catch (error) {
      if (signal.aborted) return
      // Told once, not each second, for as long as it lasts.
      const trouble = `${source.functionName}: ${(error as Error).message}`
      if (trouble !== lastTrouble) say(`queue of ${trouble}`)
      lastTrouble = trouble
      await pause(1000, signal)
    }
  }
}

async function receive(sqs: SQSClient, source: Source, signal: AbortSignal) {
  const messages: Message[] = []
  let until = 0
  do {
    const isFirst = messages.length === 0
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: source.url,
        MaxNumberOfMessages: Math.min(receiveLimit, source.batchSize - messages.length),
        WaitTimeSeconds: isFirst ? waitSeconds : Math.ceil((until - Date.now()) / 1000),
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
      { abortSignal: signal },
    )
    if (isFirst) until = Date.now() + source.windowSeconds * 1000
    messages.push(...Messages)
  } while (
    messages.length > 0 &&
    messages.length < source.batchSize &&
    Date.now() < until &&
    !signal.aborted
  )
  return messages
}

/** The ids of the messages that stay in the queue. */
async function invoke(source: Source, messages: Message[]) {
  const all = new Set(messages.map(({ MessageId }) => MessageId ?? ''))
  const response = await fetch(source.invocation, {
    method: 'POST',
    body: JSON.stringify({ Records: messages.map((message) => toRecord(message, source)) }),
  })
  const outcome = parseOutcome(await response.text())
  const isError = response.headers.has('x-amz-function-error') || Boolean(outcome?.errorType)
  if (!response.ok || isError) return all
  if (!source.reportsFailures) return new Set<string>()
  const ids = (outcome?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier ?? '')
  // As Lambda does: a report that names something unknown counts as failure of the whole batch.
  return ids.every((id) => all.has(id)) ? new Set(ids) : all
}

function parseOutcome(text: string): Outcome {
  try {
    return text ? JSON.parse(text) : null
  } catch {
    return null
  }
}

async function remove(sqs: SQSClient, { url }: Source, messages: Message[]) {
  for (let at = 0; at < messages.length; at += receiveLimit) {
    const Entries = messages
      .slice(at, at + receiveLimit)
      .map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }))
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }))
  }
}

const toRecord = (message: Message, { arn, region }: Source) => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body,
  attributes: message.Attributes ?? {},
  messageAttributes: Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
      name,
      toAttribute(value),
    ]),
  ),
  md5OfBody: createHash('md5')
    .update(message.Body ?? '')
    .digest('hex'),
  eventSource: 'aws:sqs',
  eventSourceARN: arn,
  awsRegion: region,
})

const toAttribute = ({ StringValue, BinaryValue, DataType }: MessageAttributeValue) => ({
  stringValue: StringValue,
  binaryValue: BinaryValue && Buffer.from(BinaryValue).toString('base64'),
  stringListValues: [],
  binaryListValues: [],
  dataType: DataType,
})

function queueUrl(environment: Record<string, string>, queue: string) {
  const url = environment[queueVariable(queue)]
  if (!url)
    throw new Error(`serverless.yml triggers a function by ${queue}, which is no queue of it`)
  return url
}

function pause(milliseconds: number, signal: AbortSignal) {
  return new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
