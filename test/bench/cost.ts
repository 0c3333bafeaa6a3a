import type { SQSEvent } from 'aws-lambda'
import { migratedDatabase } from '../support/databases.ts'
import { startChild } from './children.ts'
import type { Run } from './ingest-worker.ts'
import { figure, type Line, median, type Options, type Section, section } from './section.ts'
import { freshDeliveries } from './traffic.ts'

// List prices of us-east-1 in US dollars, first tier, without the free tier, as of March 2026:
// https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/sqs/pricing/
const lambdaArmGbSecond = 0.0000133334
const lambdaMillionRequests = 0.2
const sqsMillionRequests = 0.4
const sqsChunkBytes = 64 * 1024

/** memorySize of ingestEvents in serverless.yml. */
const memoryGb = 1

/** Dollars for a million events, by how they are packed: ten messages a batch, as configured. */
export async function benchCost({ isQuick }: Options): Promise<Section> {
  const database = await migratedDatabase()
  const child = startChild('ingest-worker.ts', { DATABASE_URL: database.app })
  const lines: Line[] = []
  const notes: string[] = []
  for (const perMessage of [1, 10, 100]) {
    const size = perMessage * 10
    const batches = Math.max(4, 400 / size)
    const runs: { dollars: number; ms: number; lambda: number; sqs: number }[] = []
    for (let run = 0; run <= (isQuick ? 2 : 7); run += 1) {
      const deliveries = freshDeliveries('palace', batches, size, perMessage)
      const { seconds } = await child.call<Run>('ingest', deliveries)
      if (run > 0) runs.push(priceOf(seconds / batches, size, deliveries[0] as SQSEvent))
    }
    lines.push({
      what: `${perMessage} event${perMessage > 1 ? 's' : ''} a message, ${size} a batch`,
      unit: '$ per million events',
      runs: runs.map(({ dollars }) => dollars),
    })
    const [ms, lambda, sqs] = (['ms', 'lambda', 'sqs'] as const).map((name) =>
      figure(median(runs.map((one) => one[name]))),
    )
    notes.push(`${size} a batch: ${ms} ms a batch; Lambda $${lambda}, SQS $${sqs}`)
  }
  child.stop()
  return section('Cost of ingest at list prices (Lambda arm64 and SQS)', lines, [
    ...notes,
    'Durations of this machine, Mongo included; the stores and what other networks add are not in it.',
  ])
}

/** A batch is received and deleted by ten, sent by ten where its bytes allow, 64 KB a request. */
function priceOf(batchSeconds: number, size: number, delivery: SQSEvent) {
  const bytes = delivery.Records.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
  const chunks = Math.ceil(bytes / sqsChunkBytes)
  const batches = 1e6 / size
  const requests = batches * (chunks + chunks + 1)
  const sqs = (requests / 1e6) * sqsMillionRequests
  const lambda =
    batches * Math.max(batchSeconds, 0.001) * memoryGb * lambdaArmGbSecond +
    (batches / 1e6) * lambdaMillionRequests
  return { dollars: sqs + lambda, ms: batchSeconds * 1000, lambda, sqs }
}
