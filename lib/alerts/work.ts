import * as z from 'zod'
import { eachVenue } from '../operations/each-venue.ts'
import type { BatchOutcome, Message } from '../queue.ts'
import { tickVenue } from './tick.ts'

const Body = z.object({ venueId: z.string().min(1), tick: z.iso.datetime() })

/** Evaluates the alerts of the venues that a batch names. */
export const evaluateAlerts = (messages: Message[]): Promise<BatchOutcome> =>
  eachVenue(messages, Body, ({ venueId, tick }) => tickVenue(venueId, new Date(tick)))
