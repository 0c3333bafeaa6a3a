import * as z from 'zod'
import { pageFields } from '../paging.ts'
import { templateKeys } from './templates.ts'

export const states = ['pending', 'sent', 'failed', 'dead'] as const
export const severities = ['info', 'warning', 'critical'] as const

/** The query of GET V/messages. */
export const MessageQuery = z.strictObject({
  state: z.enum(states).meta({ description: 'Of this state alone' }).optional(),
  ...pageFields,
})
export type MessageQuery = z.infer<typeof MessageQuery>

const fields = {
  id: z.string(),
  dedupeKey: z.string().meta({ description: 'The receiver is told the same with each attempt' }),
  template: z.enum(templateKeys),
  severity: z.enum(severities),
  contactPointId: z.string(),
  groupKey: z.string().nullable(),
  /** Failed: it is tried again at `dueAt`. Dead: it is not, unless somebody asks for it. */
  state: z.enum(states),
  attempts: z.int(),
  dueAt: z.string(),
  sentWith: z
    .string()
    .nullable()
    .meta({ description: 'The message that it was sent with, as one' }),
  providerId: z.string().nullable(),
  reason: z.string().nullable(),
  createdAt: z.string(),
  sentAt: z.string().nullable(),
}
const example = {
  id: '3f0d9c52-5d6f-4f5c-8f0a-6f5a3f2b1c0d',
  dedupeKey: 'report 5f0f7c52-5d6f-4f5c-8f0a-6f5a3f2b1c0d 9b2f4c1e-3f6d-4b8a-8a57-1f0c2d3e4f50',
  template: 'report-ready' as const,
  severity: 'info' as const,
  contactPointId: '9b2f4c1e-3f6d-4b8a-8a57-1f0c2d3e4f50',
  groupKey: null,
  state: 'sent' as const,
  attempts: 1,
  dueAt: '2026-06-02T11:00:36.012345Z',
  sentWith: null,
  providerId: null,
  reason: null,
  createdAt: '2026-06-02T11:00:36.012345Z',
  sentAt: '2026-06-02T11:00:36.512345Z',
}

/** A message as it is told: never whom it went to. */
export const Message = z.object(fields).meta({ id: 'Message', examples: [example] })
export type Message = z.infer<typeof Message>

export const Attempt = z.object({
  attempt: z.int(),
  startedAt: z.string(),
  /** Null: it is at work, or died. */
  endedAt: z.string().nullable(),
  outcome: z.enum(['sent', 'passing', 'permanent']).nullable(),
  providerId: z.string().nullable(),
  status: z.int().nullable(),
  reason: z.string().nullable(),
})
export type Attempt = z.infer<typeof Attempt>

export const MessageWhole = z.object({ ...fields, log: z.array(Attempt) }).meta({
  id: 'MessageWhole',
  examples: [
    {
      ...example,
      log: [
        {
          attempt: 1,
          startedAt: '2026-06-02T11:00:36.212345Z',
          endedAt: '2026-06-02T11:00:36.512345Z',
          ...{ outcome: 'sent' as const, providerId: null, status: null, reason: null },
        },
      ],
    },
  ],
})
export type MessageWhole = z.infer<typeof MessageWhole>

export const MessagePage = z
  .object({ items: z.array(Message), nextCursor: z.string().nullable() })
  .meta({ id: 'MessagePage' })
