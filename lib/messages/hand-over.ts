import { config } from '../config.ts'
import { describeFault, log } from '../log.ts'
import { sendEach } from '../operations/fan-out.ts'
import type { Written } from './write.ts'

/** So many messages are claimed and sent together. */
const together = 10

/** Names messages to the worker, to be looked at after some seconds. Throws StoreUnavailable('queue'). */
export function sendToWorker(
  venueId: string,
  messageIds: readonly string[],
  delaySeconds = 0,
): Promise<void> {
  const bodies = Array.from({ length: Math.ceil(messageIds.length / together) }, (_, i) => ({
    venueId,
    messageIds: messageIds.slice(i * together, (i + 1) * together),
  }))
  return sendEach(config('notifications').NOTIFICATIONS_QUEUE_URL, bodies, delaySeconds)
}

/** As sendToWorker, for what was committed; never throws: what fails the clock does within a minute. */
export async function handOver(venueId: string, written: readonly Written[]): Promise<void> {
  const byWait = Map.groupBy(written, ({ waitSeconds }) => waitSeconds)
  for (const [waitSeconds, some] of byWait) {
    const ids = some.flatMap((one) => one.ids)
    if (ids.length === 0) continue
    await sendToWorker(venueId, ids, waitSeconds).catch((error: unknown) => {
      log('warn', 'messages wait for the clock', { venue: venueId, ...describeFault(error) })
    })
  }
}
