import { config } from '../config.ts'
import { sendEach } from '../operations/fan-out.ts'

/** Names an export to the workers. Throws StoreUnavailable('queue'). */
export const sendToWorker = (
  venueId: string,
  exportId: string,
  delaySeconds: number,
): Promise<void> =>
  sendEach(config('exports').EXPORTS_QUEUE_URL, [{ venueId, exportId }], delaySeconds)
