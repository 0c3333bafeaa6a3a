import * as z from 'zod'
import { eachVenue } from '../operations/each-venue.ts'
import type { BatchOutcome, Message } from '../queue.ts'
import { auditVenue } from './audit.ts'

const Body = z.object({ venueId: z.string().min(1), night: z.iso.date().nullable() })

/** Audits the venues that a batch names. */
export const auditVenues = (messages: Message[]): Promise<BatchOutcome> =>
  eachVenue(messages, Body, ({ venueId, night }) => auditVenue(venueId, night))
