import { withTenant } from '../clients/postgres.ts'
import { config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { moment } from '../metrics/question.ts'
import { sendEach } from '../operations/fan-out.ts'
import { bucketStarts, businessDayOf } from '../time/periods.ts'
import type { Settings } from '../venues/settings.ts'
import { readVenue } from '../venues/store.ts'
import { datesOf, dayBefore } from './days.ts'
import type { AuditRequest, Run } from './schema.ts'
import { type DateSpan, insertRun, listRuns } from './store.ts'

const mostDays = 31

/** Asks for an audit of whole business days, 31 at most; the days that the ends fall into are whole. */
export async function requestAudit(
  venueId: string,
  asked: AuditRequest,
  { now, onceId }: { now: Date; onceId: string },
): Promise<Run> {
  const run = await withTenant(venueId, async (tx) => {
    const { settings } = await readVenue(tx, venueId)
    const spans = [spanOf(asked, settings, now)]
    const runId = await insertRun(tx, venueId, {
      occasion: `hand ${onceId}`,
      startedBy: 'hand',
      spans,
    })
    const [found] = await listRuns(tx, venueId, { after: null, limit: 1 }, runId)
    return found?.item
  })
  if (!run) throw new Error('the run was inserted')
  // Should the queue not take it, the clock finds the run that waits within the hour.
  await sendEach(config('audits').AUDIT_VENUE_QUEUE_URL, [{ venueId, night: null }])
  return run
}

function spanOf({ from, to }: AuditRequest, settings: Settings, now: Date): DateSpan {
  if (from === undefined || to === undefined) {
    return datesOf(dayBefore(now.getTime(), settings), settings)
  }
  const start = businessDayOf(moment('from', from, settings), settings)
  const last = businessDayOf(moment('to', to, settings) - 1, settings)
  if (last.start < start.start) throw refusal('bad_request', 'to must be after from')
  const isTooLong = last.end - start.start > (mostDays + 2) * 86_400_000
  if (isTooLong || bucketStarts(start.start, last.end, 'day', settings, 100).length > mostDays) {
    throw refusal('unprocessable', `from and to must be at most ${mostDays} business days apart`)
  }
  return datesOf({ start: start.start, end: last.end }, settings)
}

const refusal = (code: 'bad_request' | 'unprocessable', message: string): Refusal =>
  new Refusal(code, `The body is not right: ${message}`, [{ path: 'to', code: 'invalid', message }])
