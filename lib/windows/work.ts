import * as z from 'zod'
import { eachVenue } from '../operations/each-venue.ts'
import type { BatchOutcome, Message } from '../queue.ts'
import { copyShows } from '../show-sums/copy.ts'
import { aggregateVenue } from './aggregate.ts'

const Body = z.object({ venueId: z.string().min(1) })

/** Aggregates the venues that a batch names, each in transactions of its own. */
export const aggregateVenues = (messages: Message[]): Promise<BatchOutcome> =>
  eachVenue(messages, Body, async ({ venueId }) => ({
    windows: await aggregateVenue(venueId),
    shows: await copyShows(venueId),
  }))
