import { countOutbox } from '../archive/store.ts'
import { readIntake, readLastOccurred } from '../intake/store.ts'
import { totalOf } from '../intake/tally.ts'
import { inSnapshot } from '../metrics/ask.ts'
import { countWaiting } from '../quarantine/store.ts'
import { reconcile } from '../reconciliation/reconcile.ts'
import type { DataQuality } from './schema.ts'
import { readState } from './store.ts'

const staleMs = 180_000
const hourMs = 3_600_000
const quarterMs = hourMs / 4

/** How far what is told of a venue can be relied on: a fixed number of statements. */
export async function dataQuality(venueId: string, now: Date): Promise<DataQuality> {
  const end = Math.ceil((now.getTime() + 1) / quarterMs) * quarterMs
  return inSnapshot(venueId, async ({ tx, venue, asOf }) => {
    const state = await readState(tx, venueId)
    const intake = totalOf(await readIntake(tx, venueId, end - 24 * hourMs, end))
    const { counted, known, quarantined, lagMs } = intake
    const received = counted + known + quarantined
    const twoDays = { from: now.getTime() - 48 * hourMs, to: now.getTime() + hourMs }
    const behindSince = state?.behindSince ?? null
    const isBehind = behindSince !== null && now.getTime() - Date.parse(behindSince) > staleMs
    return {
      asOf,
      stale: venue.daysStale || isBehind,
      lastRecordedAt: venue.lastRecordedAt,
      lastEventAt: await readLastOccurred(tx, venueId),
      sources: Object.entries(state?.sources ?? {})
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([source, { occurredAt, recordedAt }]) => ({
          source,
          lastEventAt: occurredAt,
          lastRecordedAt: recordedAt,
        })),
      lastDay: { received, counted, known, quarantined, maxLagSeconds: lagMs / 1000 },
      quarantineRate: received > 0 ? quarantined / received : null,
      waiting: { ...(await countWaiting(tx, venueId)), outbox: await countOutbox(tx, venueId) },
      windows: { madeUntil: state?.madeUntil ?? null, behindSince },
      daysMadeAnew: venue.daysStale,
      platform: await reconcile(tx, venueId, venue, twoDays),
      lastAudit: state?.lastAudit ?? null,
    }
  })
}
