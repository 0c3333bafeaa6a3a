import type { TicketingEvent } from '../events/registry.ts'

/** When each source last told of something: by event time, and when it was recorded. */
export type Sources = Record<string, { occurredAt: string; recordedAt: string }>

/** The sources after events that are recorded now; what names no source changes nothing. */
export function sourcesAfter(
  before: Sources,
  events: TicketingEvent[],
  recordedAt: string,
): Sources {
  const after = { ...before }
  for (const { source, occurredAt } of events) {
    if (!source) continue
    const known = Date.parse(after[source]?.occurredAt ?? '0001-01-01T00:00:00Z')
    const latest = new Date(Math.max(known, occurredAt.getTime()))
    after[source] = { occurredAt: latest.toISOString(), recordedAt }
  }
  return after
}
