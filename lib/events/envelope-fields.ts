import * as z from 'zod'
import { id, looseId, personId, text, timestamp, timeZone, venueId } from './fields.ts'

export const sources = [
  'checkout',
  'box_office',
  'scanner',
  'web',
  'app',
  'import',
  'resale',
] as const

export const channels = ['online', 'box_office', 'phone', 'outlet', 'partner', 'api'] as const

/** What every event carries around its data. */
export const envelopeFields = {
  event_id: id,
  venue_id: venueId,
  organizer_id: id.optional(),
  occurred_at: timestamp,
  sent_at: timestamp.optional(),
  source: z.enum(sources).optional(),
  event_ref: z
    .object({
      event_id: id,
      session_id: id.optional(),
      starts_at: timestamp.optional(),
      timezone: timeZone.optional(),
    })
    .optional(),
  actor: z
    .object({
      customer_id: personId.optional(),
      anonymous_id: personId.optional(),
      session_id: looseId.optional(),
      staff_id: looseId.optional(),
      device_id: looseId.optional(),
    })
    .optional(),
  context: z
    .object({
      channel: z.enum(channels).optional(),
      utm: z
        .object({
          source: text(300).optional(),
          medium: text(300).optional(),
          campaign: text(300).optional(),
          term: text(300).optional(),
          content: text(300).optional(),
        })
        .optional(),
      referrer: text(2048).optional(),
      click_id: text(300).optional(),
      locale: text(64).optional(),
      country: text(100).optional(),
      region: text(100).optional(),
      postcode_prefix: text(16).optional(),
      device: text(64).optional(),
    })
    .optional(),
  consent: z
    .object({ analytics: z.boolean().optional(), marketing: z.boolean().optional() })
    .optional(),
  test_mode: z.boolean().default(false),
  trace_id: text(300).optional(),
}

/** The envelope of a message whose type is not known: enough to clean it. */
export const anyEnvelope = z.object({ ...envelopeFields, type: text(128) })
