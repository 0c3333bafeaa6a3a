import * as z from 'zod'
import { describeFault, log } from '../log.ts'
import type { BatchOutcome, Message } from '../queue.ts'
import { copyShows } from '../show-sums/copy.ts'
import { aggregateVenue } from './aggregate.ts'

const Body = z.object({ venueId: z.string().min(1) })

/**
 * Aggregates the venues that a batch names, each in transactions of its own. One that fails comes
 * back alone; a message that names no venue is dropped and told, because no repetition helps it.
 */
export async function aggregateVenues(messages: Message[]): Promise<BatchOutcome> {
  const byVenue = Map.groupBy(messages, ({ body }) => venueOf(body))
  const unreadable = byVenue.get(null) ?? []
  byVenue.delete(null)
  if (unreadable.length > 0) log('error', 'messages name no venue', { count: unreadable.length })
  // At once: a venue that takes long holds one connection and leaves the other to the rest.
  const done = await Promise.all([...byVenue.keys()].map((venueId) => aggregate(venueId ?? '')))
  const failed = done.filter(({ isFailed }) => isFailed).map(({ venueId }) => venueId)
  return {
    failed: failed.flatMap((venueId) => byVenue.get(venueId) ?? []).map(({ id }) => id),
    counts: {
      venues: done.length - failed.length,
      windows: done.reduce((sum, { windows }) => sum + windows, 0),
      shows: done.reduce((sum, { shows }) => sum + shows, 0),
      unreadable: unreadable.length,
    },
  }
}

async function aggregate(venueId: string) {
  try {
    const windows = await aggregateVenue(venueId)
    const shows = await copyShows(venueId)
    return { venueId, isFailed: false, windows, shows }
  } catch (error) {
    log('warn', 'the windows of a venue wait', { venue: venueId, ...describeFault(error) })
    return { venueId, isFailed: true, windows: 0, shows: 0 }
  }
}

function venueOf(body: string): string | null {
  try {
    return Body.parse(JSON.parse(body)).venueId
  } catch {
    return null
  }
}
