import { tenantCollection } from '../clients/mongo.ts'
import type { Tx } from '../clients/postgres.ts'
import { describeFault, log } from '../log.ts'
import { businessDayOf, type Calendar } from '../time/periods.ts'
import type { RawDocument } from './archive.ts'
import { readReceived } from './store.ts'

const pageSize = 5000
const mostIds = 100

export type ArchiveReport = {
  /** Unavailable: nothing is known of it. */
  state: 'complete' | 'incomplete' | 'unavailable'
  /** Counted events that were recorded in the time. */
  events: number
  /** Their copies wait in the outbox. */
  waiting: number
  /** Recorded so long ago that the archive does not keep them. */
  expired: number
  missing: number
  days: { date: string; events: number; missing: number }[]
  /** The first of the missing, one hundred at most. */
  missingIds: string[]
}

/**
 * Looks in the archive for the raw copies of what was recorded in [from, to), epoch ms; what was
 * recorded before `keptSince` need not be there. It changes neither side.
 */
export async function compareArchive(
  tx: Tx,
  venueId: string,
  {
    calendar,
    keptSince,
    spans,
  }: { calendar: Calendar; keptSince: number; spans: { from: number; to: number }[] },
): Promise<ArchiveReport> {
  const report: ArchiveReport = {
    ...{ state: 'complete', events: 0, waiting: 0, expired: 0, missing: 0 },
    ...{ days: [], missingIds: [] },
  }
  try {
    for (const span of spans)
      await compareSpan(tx, venueId, { calendar, keptSince, ...span }, report)
  } catch (error) {
    log('warn', 'the archive could not be compared', { venue: venueId, ...describeFault(error) })
    return { ...report, state: 'unavailable' }
  }
  if (report.missing + report.expired > 0) report.state = 'incomplete'
  return report
}

async function compareSpan(
  tx: Tx,
  venueId: string,
  {
    calendar,
    keptSince,
    from,
    to,
  }: { calendar: Calendar; keptSince: number; from: number; to: number },
  report: ArchiveReport,
): Promise<void> {
  const collection = await tenantCollection<RawDocument>(venueId, 'raw_events')
  const days = new Map<string, ArchiveReport['days'][number]>()
  let after: { recordedAt: string; eventId: string } | null = null
  // Page after page: the events of a day may be more than fit into one question.
  for (;;) {
    const page = await readReceived(tx, venueId, { from, to, after, limit: pageSize })
    const found = page.length ? await collection.idsAmong(page.map(({ id }) => id)) : new Set()
    for (const { id, eventId, recordedAt, isWaiting } of page) {
      const at = Date.parse(recordedAt)
      const { date } = businessDayOf(at, calendar)
      const day = days.get(date) ?? { date, events: 0, missing: 0 }
      days.set(date, day)
      day.events += 1
      report.events += 1
      if (found.has(id)) continue
      if (isWaiting) report.waiting += 1
      else if (at < keptSince) report.expired += 1
      else {
        day.missing += 1
        report.missing += 1
        if (report.missingIds.length < mostIds) report.missingIds.push(eventId)
      }
    }
    const last = page.at(-1)
    if (!last || page.length < pageSize) break
    after = last
  }
  report.days.push(...days.values())
}
