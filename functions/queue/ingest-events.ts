import { ingest } from '../../lib/events/ingest.ts'
import { queue } from '../../lib/queue.ts'

export const handler = queue((messages, context) =>
  ingest(messages, new Date(), context.getRemainingTimeInMillis()),
)
