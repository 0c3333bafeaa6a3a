import * as z from 'zod'
import { kinds } from './render.ts'
import { locales } from './templates.ts'

const https = z
  .string()
  .max(2000)
  .refine((text) => URL.parse(text)?.protocol === 'https:', { error: 'must be an https address' })
const secretOfWebhook = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, {
    error: 'must be whsec_ and 24 to 64 bytes in Base64, as Standard Webhooks has it',
  })

/** Where a contact point leads, as it is told to us; nobody is ever told it back. */
export const NewTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('email'), address: z.email().max(254) }),
  z.strictObject({
    kind: z.literal('sms'),
    number: z.string().regex(/^\+[1-9]\d{6,14}$/, { error: 'must be a number like +15551234567' }),
  }),
  z.strictObject({
    kind: z.literal('push'),
    endpointArn: z.string().max(2000).regex(/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:endpoint\/[\w./-]+$/, {
      error: 'must be the ARN of an endpoint of SNS',
    }),
  }),
  z.strictObject({ kind: z.literal('slack'), url: https }),
  z.strictObject({ kind: z.literal('webhook'), url: https, secret: secretOfWebhook }),
])

/** How many messages a minute a channel is sent where nobody has said. */
export const perMinuteOf = { email: 30, sms: 30, push: 60, slack: 30, webhook: 600 }

const fields = {
  name: z.string().min(1).max(200),
  userId: z.string().min(1).max(256).nullable().meta({
    description: 'The person that it reaches: their preferences hold, `…/me/notification-preferences`',
  }),
  locale: z.enum(locales).meta({ description: 'The language of what is sent there' }),
  enabled: z.boolean(),
  perMinute: z
    .int()
    .min(1)
    .max(60_000)
    .meta({ description: 'So many messages a minute; the rest waits' }),
}
const exampleTarget = {
  kind: 'webhook' as const,
  url: 'https://hooks.example/turnout',
  secret: `whsec_${'c2VjcmV0LW9mLXRoZS1leGFtcGxlLW9mLXR1cm5vdXQ='}`,
}

/** The body of POST V/contact-points. */
export const NewContactPoint = z
  .strictObject({
    ...fields,
    target: NewTarget.meta({ description: 'Where it leads. It is kept sealed and never told' }),
    userId: fields.userId.default(null),
    locale: fields.locale.default('en'),
    enabled: fields.enabled.default(true),
    perMinute: fields.perMinute.optional(),
  })
  .meta({ id: 'NewContactPoint', examples: [{ name: 'Box office', target: exampleTarget }] })
export type NewContactPoint = z.output<typeof NewContactPoint>

/** The body of PATCH: what is left out stays as it is. */
export const ContactPointChange = z
  .strictObject({ ...fields, target: NewTarget })
  .partial()
  .meta({ id: 'ContactPointChange', examples: [{ enabled: false }] })
export type ContactPointChange = z.output<typeof ContactPointChange>

/** A contact point as it is told. */
export const ContactPoint = z
  .object({
    id: z.string(),
    ...fields,
    kind: z.enum(kinds),
    hint: z.string().meta({ description: 'The host, or the last characters, of the target' }),
    createdBy: z.string(),
    createdAt: z.string(),
  })
  .meta({
    id: 'ContactPoint',
    examples: [
      {
        id: '9b2f4c1e-3f6d-4b8a-8a57-1f0c2d3e4f50',
        ...{ name: 'Box office', userId: null, locale: 'en' as const, enabled: true },
        ...{ perMinute: 600, kind: 'webhook' as const, hint: 'hooks.example' },
        ...{ createdBy: 'u-1', createdAt: '2026-06-01T16:00:00.012345Z' },
      },
    ],
  })
export type ContactPoint = z.infer<typeof ContactPoint>

export const ContactPointPage = z
  .object({ items: z.array(ContactPoint), nextCursor: z.string().nullable() })
  .meta({ id: 'ContactPointPage' })
