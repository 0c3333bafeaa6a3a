import { config } from '../config.ts'
import { Refusal } from '../errors.ts'
import { openEvent } from '../events/door.ts'
import { enqueue } from '../events/queue.ts'
import type { NewValue, Recorded } from './schema.ts'

/**
 * Sends values of the venue's own metrics through the queue; they are counted like any event. Those
 * without an id of their own are named by `onceId`, so that a repeated request counts them once. A
 * refusal names the field as the caller wrote it, with its index where the body `isList`.
 */
export async function recordValues(
  venueId: string,
  values: NewValue[],
  now: Date,
  onceId: string,
  isList: boolean,
): Promise<Recorded> {
  const secret = config('privacy').PSEUDONYM_SECRET
  const opened = values.map((told, index) => {
    const event = {
      event_id: told.eventId ?? `${onceId}:${index}`,
      type: 'metric.recorded',
      version: 1,
      venue_id: venueId,
      occurred_at: told.occurredAt ?? now.toISOString(),
      data: {
        name: told.name,
        value: told.value,
        ...(told.unit !== undefined && { unit: told.unit }),
        ...(told.dimensions && { dimensions: told.dimensions }),
      },
    }
    const one = openEvent(event, { messageId: '', now, secret, index })
    if (one.ok) return one
    const field = fieldOf(one.path)
    const path = isList ? `${index}.${field}` : field
    const message = one.message.replace(one.path, () => field)
    throw new Refusal('bad_request', `The body is not right: ${message}`, [
      { path, code: one.code, message },
    ])
  })
  await enqueue(opened.map((one) => one.raw))
  return { accepted: opened.length, eventIds: opened.map((one) => one.event.event_id) }
}

/** The field of the body that became a field of the event. */
const fieldOf = (path: string): string =>
  ({ event_id: 'eventId', occurred_at: 'occurredAt' })[path] ?? path.replace(/^data\./, '')
