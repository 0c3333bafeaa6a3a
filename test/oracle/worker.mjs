/** A process that is one handler of the queue: gets deliveries as messages, sends the answers. */
import { handler } from '../../functions/queue/ingest-events.ts'

process.on('message', async (delivery) => {
  const context = {
    functionName: 'worker',
    awsRequestId: 'request-1',
    getRemainingTimeInMillis: () => 30_000,
  }
  process.send(await handler(delivery, context))
})
