import type { Context } from 'aws-lambda'
import * as z from 'zod'
import { eachVenue } from '../operations/each-venue.ts'
import type { BatchOutcome, Message } from '../queue.ts'
import { isUuid } from '../uuid.ts'
import { runExport } from './run.ts'

const Body = z.object({ venueId: z.string().min(1), exportId: z.string().refine(isUuid) })

/** What is left of the function's time to give the export back in order. */
const marginMs = 20_000

/** Writes the exports that a batch names. */
export function runExports(messages: Message[], context: Context): Promise<BatchOutcome> {
  const endsAt = performance.now() + context.getRemainingTimeInMillis() - marginMs
  return eachVenue(messages, Body, ({ venueId, exportId }) => runExport(venueId, exportId, endsAt))
}
