import * as z from 'zod'
import { pageFields } from '../paging.ts'
import { quarantineCodes } from './codes.ts'

export const code = z.enum(quarantineCodes)
const state = z.enum(['kept', 'replaying', 'counted'])

/** Of receipt: `from` inclusive, `to` exclusive; RFC 3339, or a date, which is a business day. */
export const momentFields = {
  from: z
    .string()
    .min(1)
    .meta({ description: 'Received from then on: a date or a time with offset' })
    .optional(),
  to: z
    .string()
    .min(1)
    .meta({ description: 'Received before then: a date or a time with offset' })
    .optional(),
}

const filterFields = {
  code: code.meta({ description: 'Why it was refused' }).optional(),
  type: z.string().min(1).max(128).meta({ description: 'The type of event' }).optional(),
  ...momentFields,
}

export const QuarantineQuery = z.strictObject({
  ...filterFields,
  state: state
    .meta({ description: 'kept: waits; replaying: on its way; counted: by a replay' })
    .optional(),
  ...pageFields,
})
export type QuarantineQuery = z.infer<typeof QuarantineQuery>

/** Which events to replay: those of the ids, and of them those that the filters leave. */
export const ReplayRequest = z
  .strictObject({
    ids: z.array(z.uuid()).min(1).max(1000).optional(),
    ...filterFields,
  })
  .meta({ id: 'ReplayRequest', examples: [{ code: 'invalid', from: '2026-06-01' }] })
export type ReplayRequest = z.infer<typeof ReplayRequest>

/** What a list or a replay leaves; moments in UTC. */
export type Filter = {
  code?: string | undefined
  type?: string | undefined
  state?: string | undefined
  ids?: string[] | undefined
  from: string | null
  to: string | null
}

export const refusalFields = {
  id: z.string(),
  type: z.string().nullable(),
  code,
  path: z.string(),
  message: z.string(),
  receivedAt: z.string(),
  traceId: z.string().nullable(),
}

const keptFields = {
  ...refusalFields,
  eventId: z.string().nullable(),
  state,
  /** Whether a replay may count it. */
  replayable: z.boolean(),
  /** How often it was replayed. */
  attempts: z.int(),
  replayedAt: z.string().nullable(),
}

const example = {
  id: '6f1f0d0e-3c3b-4c8e-9a53-0f6f5f8f7c11',
  type: 'order.paid',
  code: 'invalid' as const,
  path: 'data.currency',
  message: 'data.currency must be an ISO 4217 code in upper case.',
  receivedAt: '2026-06-01T16:00:02.123456Z',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  eventId: '01JZ0000000000000000000001',
  state: 'kept' as const,
  replayable: true,
  attempts: 0,
  replayedAt: null,
}

/** An event in the quarantine of a venue. */
export const Kept = z.object(keptFields).meta({ id: 'Kept', examples: [example] })
export type Kept = z.infer<typeof Kept>

/** The same with the whole message, people taken out of it. */
export const KeptWhole = z.object({ ...keptFields, body: z.string() }).meta({
  id: 'KeptWhole',
  examples: [{ ...example, body: '{"event_id":"01JZ0000000000000000000001","type":"order.paid"}' }],
})
export type KeptWhole = z.infer<typeof KeptWhole>

export const KeptPage = z
  .object({ items: z.array(Kept), nextCursor: z.string().nullable() })
  .meta({ id: 'KeptPage' })
export type KeptPage = z.infer<typeof KeptPage>

export const Replayed = z
  .object({
    /** Sent through the queue by this request. */
    replayed: z.int(),
    /** What the filters leave for a next request: one request takes 1,000 events or 8 MB. */
    remaining: z.int(),
    /** Those of the given ids that were not sent, and why. */
    refused: z.array(z.object({ id: z.string(), code: z.string(), message: z.string() })),
  })
  .meta({
    id: 'Replayed',
    examples: [
      {
        replayed: 12,
        remaining: 0,
        refused: [
          {
            id: '6f1f0d0e-3c3b-4c8e-9a53-0f6f5f8f7c11',
            code: 'conflicting_payload',
            message: 'An event of this id with another payload is counted already.',
          },
        ],
      },
    ],
  })
export type Replayed = z.infer<typeof Replayed>
