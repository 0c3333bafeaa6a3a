import * as z from 'zod'
import { registry } from './registry.ts'

const known = [...registry].map(([type, { title, envelope, example }]) =>
  envelope.meta({ id: type, title, examples: [example] }),
)

/** The flat message of the old service, as it is still understood. */
const OldMessage = z
  .looseObject({
    event_type: z.string(),
    venue_id: z.string(),
    timestamp: z.union([z.string(), z.number()]),
    metadata: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'OldMessage', title: 'A message of the old service' })

const examples = ['order.paid', 'ticket.scanned'] as const

/** The body of POST /v1/ingest/events as it is documented; each item is judged by itself. */
export const PostedEvents = z
  .array(z.union([...known, OldMessage]))
  .max(500)
  .meta({ examples: [examples.map((type) => registry.get(type)?.example)] })

export const PostedLines = z.string().meta({
  description: 'One event as JSON a line',
  examples: [examples.map((type) => JSON.stringify(registry.get(type)?.example)).join('\n')],
})
