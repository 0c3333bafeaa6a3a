import * as z from 'zod'
import { duration, durationMs } from './duration.ts'

const steps = z
  .array(
    z.strictObject({
      after: duration('0s', '7d').meta({
        description: 'How long after it has fired, or was given the policy while it fired',
      }),
      contactPointIds: z
        .array(z.uuid({ error: 'must be the id of a contact point' }).toLowerCase())
        .min(1)
        .max(10)
        .refine((ids) => new Set(ids).size === ids.length, { error: 'names one twice' }),
    }),
  )
  .min(1)
  .max(10)
  .superRefine((them, { addIssue }) => {
    const late = them.findIndex(
      ({ after }, i) => i > 0 && durationMs(after) <= durationMs(them[i - 1]?.after ?? ''),
    )
    if (late < 0) return
    addIssue({ code: 'custom', path: [late, 'after'], message: 'must be after the step before' })
  })

const fields = {
  name: z.string().trim().min(1).max(200),
  steps,
  groupInterval: duration('0s', '1d').meta({
    description: 'Of one alert so much time lies between messages that something fires',
  }),
  repeatEvery: duration('5m', '7d').nullable().meta({
    description:
      'After the last step it is told again so often, at most every five minutes; null: it is not',
  }),
}

const example = {
  name: 'The doors',
  steps: [
    { after: '0s', contactPointIds: ['9b2f4c1e-3f6d-4b8a-8a57-1f0c2d3e4f50'] },
    { after: '10m', contactPointIds: ['8a1c2f6e-0f6d-4c0b-9d59-5b0d3c1e7a11'] },
  ],
  groupInterval: '0s',
  repeatEvery: null,
}

/** The body that makes an escalation policy. */
export const NewPolicy = z
  .strictObject({
    ...fields,
    groupInterval: fields.groupInterval.default('0s'),
    repeatEvery: fields.repeatEvery.default(null),
  })
  .meta({ id: 'NewEscalationPolicy', examples: [example] })
export type NewPolicy = z.output<typeof NewPolicy>

/** The body that changes one: what is left out stays. */
export const PolicyChange = z
  .strictObject(fields)
  .partial()
  .meta({ id: 'EscalationPolicyChange', examples: [{ repeatEvery: '1h' }] })
export type PolicyChange = z.output<typeof PolicyChange>

/** An escalation policy as it is told. */
export const Policy = z
  .object({
    id: z.string(),
    ...fields,
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .meta({
    id: 'EscalationPolicy',
    examples: [
      {
        ...{ id: '2d0c6f3a-7a55-4f0e-9b43-3f1f2c6d8e90', ...example },
        ...{ createdBy: 'u-1', createdAt: '2026-06-01T20:20:11.012345Z' },
      },
    ],
  })
export type Policy = z.output<typeof Policy>

export const PolicyPage = z
  .object({ items: z.array(Policy), nextCursor: z.string().nullable() })
  .meta({ id: 'EscalationPolicyPage' })
