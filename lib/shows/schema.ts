import * as z from 'zod'
import type { TicketingEvent } from '../events/registry.ts'
import { pageFields } from '../paging.ts'

/** A show as the API tells it; instants in RFC 3339, UTC. */
export const Show = z
  .object({
    eventId: z.string(),
    name: z.string().nullable(),
    startsAt: z.string().nullable(),
    endsAt: z.string().nullable(),
    doorsAt: z.string().nullable(),
    onSaleAt: z.string().nullable(),
    timezone: z.string().nullable(),
    capacity: z.number().nullable(),
    status: z.string().nullable(),
    category: z.string().nullable(),
  })
  .meta({
    id: 'Show',
    examples: [
      {
        eventId: 'e1',
        name: 'Hamlet',
        startsAt: '2026-07-01T23:30:00.000Z',
        endsAt: '2026-07-02T02:30:00.000Z',
        doorsAt: '2026-07-01T22:30:00.000Z',
        onSaleAt: '2026-03-01T15:00:00.000Z',
        timezone: 'America/New_York',
        capacity: 400,
        status: 'on_sale',
        category: 'play',
      },
    ],
  })
export type Show = z.infer<typeof Show>

export const ShowPage = z
  .object({ items: z.array(Show), nextCursor: z.string().nullable() })
  .meta({ id: 'ShowPage' })
export type ShowPage = z.infer<typeof ShowPage>

export const ShowQuery = z.strictObject(pageFields)
export type ShowQuery = z.infer<typeof ShowQuery>

/** What messages of one batch tell about a show: described by event.updated, hinted at by others. */
export type ShowNews = {
  showId: string
  hintedAt: string | null
  described: {
    name: string
    startsAt: string
    endsAt: string | null
    doorsAt: string | null
    onSaleAt: string | null
    timeZone: string
    capacity: number | null
    status: string
    category: string | null
    settledAt: string
    settledBy: string
  } | null
}

/** The news of a batch, one for each show, whatever the order of the messages. */
export function showNewsOf(events: TicketingEvent[]): ShowNews[] {
  const news = new Map<string, ShowNews>()
  for (const event of events) {
    const showId = event.event_ref?.event_id
    if (!showId) continue
    const known = news.get(showId) ?? { showId, hintedAt: null, described: null }
    const hint = instantText(event.event_ref?.starts_at)
    const hintedAt = [known.hintedAt, hint].filter((text) => text !== null).sort()[0] ?? null
    const told = describedBy(event)
    const described =
      told && (!known.described || isNewer(told, known.described)) ? told : known.described
    news.set(showId, { showId, hintedAt, described })
  }
  return [...news.values()]
}

function describedBy(event: TicketingEvent): ShowNews['described'] {
  if (event.type !== 'event.updated') return null
  const { name, starts_at, ends_at, doors_at, on_sale_at, timezone, capacity, status, category } =
    event.data
  return {
    name,
    startsAt: starts_at,
    endsAt: ends_at ?? null,
    doorsAt: doors_at ?? null,
    onSaleAt: on_sale_at ?? null,
    timeZone: timezone,
    capacity: capacity ?? null,
    status,
    category: category ?? null,
    settledAt: event.occurredAt.toISOString(),
    settledBy: event.event_id,
  }
}

function isNewer(a: { settledAt: string; settledBy: string }, b: typeof a): boolean {
  if (a.settledAt !== b.settledAt) return Date.parse(a.settledAt) > Date.parse(b.settledAt)
  return a.settledBy > b.settledBy
}

function instantText(timestamp: string | undefined): string | null {
  return timestamp ? new Date(timestamp).toISOString() : null
}
