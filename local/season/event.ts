import type { JsonObject } from '../../lib/events/json.ts'
import type { Performance } from './programme.ts'

/** An event as the platform sends it (contract, section 4). */
export type SeasonEvent = JsonObject & {
  event_id: string
  type: string
  venue_id: string
  occurred_at: string
  /** When the platform tells of it: later than it occurred where a scanner had no network. */
  sent_at: string
  data: JsonObject
}
export type Told = {
  at: number
  sentAt?: number
  source: string
  actor?: JsonObject
  context?: JsonObject
  test_mode?: true
}

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

export const isoOf = (at: number): string => new Date(at).toISOString()

/** An event of a performance; `id` is unique within it. */
export function eventOf(
  { venueId, key, showId, sessionId, startsAt }: Performance,
  type: string,
  id: string,
  { at, sentAt = at, source, ...told }: Told,
  data: JsonObject,
): SeasonEvent {
  return {
    event_id: `${key}-${id}`,
    type,
    version: 1,
    venue_id: venueId,
    occurred_at: isoOf(at),
    sent_at: isoOf(sentAt),
    source,
    event_ref: { event_id: showId, session_id: sessionId, starts_at: isoOf(startsAt) },
    ...told,
    data,
  }
}
