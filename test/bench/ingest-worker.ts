/** A process that is one instance of the ingest function, for measurements. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { handler } from '../../functions/queue/ingest-events.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'
import { serve } from './children.ts'
import { context } from './gateway.ts'

export type Statement = { text: string; parameters: unknown[] }
export type Run = { seconds: number; cpuSeconds: number }

/** Hands each delivery to the handler, one after the other. */
async function ingest(deliveries: SQSEvent[]): Promise<Run> {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  // In turn, as one instance of a function works.
  for (const delivery of deliveries) {
    const { batchItemFailures } = (await handler(delivery, context)) as SQSBatchResponse
    if (batchItemFailures.length > 0) throw new Error('a message came back')
  }
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { seconds, cpuSeconds: (user + system) / 1e6 }
}

/** As ingest, and returns the statements of each delivery with their parameters. */
async function record(deliveries: SQSEvent[]): Promise<Statement[][]> {
  const recorded: Statement[][] = []
  const stop = observeStatements((text, parameters) =>
    recorded.at(-1)?.push({ text, parameters: [...parameters] }),
  )
  for (const delivery of deliveries) {
    recorded.push([])
    await ingest([delivery])
  }
  stop()
  return recorded
}

serve({ ingest, record })
