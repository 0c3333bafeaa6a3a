import * as z from 'zod'
import { pageFields } from '../paging.ts'
import { quarantineCodes } from './codes.ts'

export const code = z.enum(quarantineCodes)
const state = z.enum(['kept', 'replaying', 'counted'])

/** Of receipt: `from` inclusive, `to` exclusive; RFC 3339, or a date, which is a business day. */
export const momentFields = { from: z.string().min(1).optional(), to: z.string().min(1).optional() }

const filterFields = {
  code: code.optional(),
  type: z.string().min(1).max(128).optional(),
  ...momentFields,
}

export const QuarantineQuery = z.strictObject({
  ...filterFields,
  state: state.optional(),
  ...pageFields,
})
export type QuarantineQuery = z.infer<typeof QuarantineQuery>

/** Which events to replay: those of the ids, and of them those that the filters leave. */
export const ReplayRequest = z.strictObject({
  ids: z.array(z.uuid()).min(1).max(1000).optional(),
  ...filterFields,
})
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

/** An event in the quarantine of a venue. */
export const Kept = z.object(keptFields)
export type Kept = z.infer<typeof Kept>

/** The same with the whole message, people taken out of it. */
export const KeptWhole = z.object({ ...keptFields, body: z.string() })
export type KeptWhole = z.infer<typeof KeptWhole>

export const KeptPage = z.object({ items: z.array(Kept), nextCursor: z.string().nullable() })
export type KeptPage = z.infer<typeof KeptPage>

export const Replayed = z.object({
  /** Sent through the queue by this request. */
  replayed: z.int(),
  /** What the filters leave for a next request: one request takes 1,000 events or 8 MB. */
  remaining: z.int(),
  /** Those of the given ids that were not sent, and why. */
  refused: z.array(z.object({ id: z.string(), code: z.string(), message: z.string() })),
})
export type Replayed = z.infer<typeof Replayed>
