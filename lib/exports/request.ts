import { withTenant } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { sendEach } from '../operations/fan-out.ts'
import type { NewExport } from './schema.ts'
import { insertExport } from './store.ts'

/** Asks for an export; one for each `onceId`. */
export async function requestExport(
  venueId: string,
  asked: {
    createdBy: string
    body: NewExport
    onceId: string
    schedule?: { scheduleId: string; dueAt: string }
  },
): Promise<{ id: string }> {
  const id = await withTenant(venueId, (tx) => insertExport(tx, venueId, asked))
  await sendEach(config('exports').EXPORTS_QUEUE_URL, [{ venueId, exportId: id }])
  return { id }
}
