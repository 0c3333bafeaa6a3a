import { withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { describeFault, log } from '../log.ts'
import { earlier, inSnapshot } from '../metrics/ask.ts'
import { exactMoment, spanOf } from '../metrics/question.ts'
import { plainFilters } from '../metrics/table-schema.ts'
import { bucketStarts, TooManyBuckets } from '../time/periods.ts'
import { sendToWorker } from './hand-over.ts'
import type { Export, NewExport, Question } from './schema.ts'
import { shown } from './shown.ts'
import { mostDays } from './source.ts'
import { countOpen, insertExport, listExports, lockRequests } from './store.ts'

/** So many exports of a venue may wait or run; the next one waits for one of them to end. */
export const mostOpen = 20

type Asking = {
  createdBy: string
  body: NewExport
  /** One export for each. */
  onceId: string
  /** The schedule that asks, and the time it is due at. */
  schedule?: { scheduleId: string; dueAt: string }
}

/**
 * Asks for a file: its moment and its calendar are settled now, so that whoever writes it, and
 * however often, writes the same. Throws a Refusal for what cannot be asked, or when too many of the
 * venue's exports are open.
 */
export async function requestExport(
  venueId: string,
  { createdBy, body, onceId, schedule }: Asking,
): Promise<Export> {
  const { question, asOf } = await inSnapshot(venueId, async (snapshot) => ({
    question: questionOf(body, snapshot.venue.settings),
    asOf: body.asOf ? earlier(exactMoment(body.asOf), snapshot.asOf) : snapshot.asOf,
  }))
  const row = { onceId, createdBy, asOf, question, type: body.type, format: body.format }
  const found = await withTenant(venueId, async (tx) => {
    await lockRequests(tx, venueId)
    const known = await listExports(tx, venueId, { onceId }, { after: null, limit: 1 })
    if (known[0]) return known[0]
    if ((await countOpen(tx, venueId)) >= mostOpen) throw tooMany()
    await insertExport(tx, venueId, { ...row, schedule: schedule ?? null })
    const [inserted] = await listExports(tx, venueId, { onceId }, { after: null, limit: 1 })
    return inserted
  })
  if (!found) throw new Error('the export was inserted')
  // Should the queue not take it, the clock finds the export that waits within the minute.
  await sendToWorker(venueId, found.item.id, 0).catch((error: unknown) => {
    log('warn', 'an export waits for the clock', { venue: venueId, ...describeFault(error) })
  })
  return shown(found.item)
}

function questionOf(body: NewExport, settings: Question['calendar']): Question {
  const { options } = body
  const calendar = { ...settings, timeZone: options.tz ?? settings.timeZone }
  const { from, to } = spanOf({ ...body, granularity: 'none' }, calendar, '')
  try {
    bucketStarts(from, to, 'day', calendar, mostDays)
  } catch (error) {
    if (!(error instanceof TooManyBuckets)) throw error
    const message = `to must be at most ${mostDays} days after from`
    throw new Refusal('unprocessable', `The file would be too long: ${message}`, [
      { path: 'to', code: 'too_many_days', message },
    ])
  }
  return { from, to, filters: plainFilters(body.filters), options, calendar }
}

const tooMany = (): Refusal =>
  new Refusal(
    'rate_limited',
    `The venue has ${mostOpen} exports that wait or run: ask again when one has ended`,
    undefined,
    30,
  )
