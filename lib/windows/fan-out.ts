import { SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { withJob } from '../clients/postgres.ts'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { StoreUnavailable } from '../errors.ts'
import { venuesBehind } from './store.ts'

const batchSize = 10

/**
 * Sends one message for each venue whose windows are behind, so that a bad venue delays no other.
 * Returns how many. Throws StoreUnavailable; the next tick finds the same venues again.
 */
export async function fanOut(): Promise<Record<string, number>> {
  const rows = await withJob(venuesBehind)
  const batches = Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, i) =>
    rows.slice(i * batchSize, (i + 1) * batchSize),
  )
  await Promise.all(batches.map((batch) => send(batch.map(({ venueId }) => venueId))))
  return { venues: rows.length }
}

async function send(venueIds: string[]): Promise<void> {
  const command = new SendMessageBatchCommand({
    QueueUrl: config('aggregation').AGGREGATE_VENUE_QUEUE_URL,
    Entries: venueIds.map((venueId, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify({ venueId }),
    })),
  })
  const { Failed: failed = [] } = await sqs()
    .send(command)
    .catch((error: unknown) => {
      throw new StoreUnavailable('queue', error)
    })
  const [first] = failed
  if (first) throw new StoreUnavailable('queue', new Error(first.Message ?? first.Code))
}
