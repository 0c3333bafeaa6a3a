import { readTenant } from '../clients/postgres.ts'
import { cursorOf, listOf, readCursor } from '../paging.ts'
import type { Show, ShowPage, ShowQuery } from './schema.ts'
import { findShow, listShows } from './store.ts'

/** A page of the venue's shows in the order of their ids: stable while shows are added. */
export async function pageOfShows(venueId: string, query: ShowQuery): Promise<ShowPage> {
  const list = listOf('shows', query)
  const afterId = query.cursor ? readCursor(venueId, list, query.cursor) : null
  const page = { afterId, limit: query.limit + 1 }
  const shows = await readTenant(venueId, (tx) => listShows(tx, venueId, page))
  const items = shows.slice(0, query.limit)
  const last = items.at(-1)
  const nextCursor =
    shows.length > query.limit && last ? cursorOf(venueId, list, last.eventId) : null
  return { items, nextCursor }
}

/** One show of the venue, undefined where it has none of that id. */
export const show = (venueId: string, showId: string): Promise<Show | undefined> =>
  readTenant(venueId, (tx) => findShow(tx, venueId, showId))
