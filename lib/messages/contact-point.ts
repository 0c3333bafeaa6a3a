import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { config } from '../config.ts'
import type { Target } from './channel.ts'
import { hostOf, whyRefused, whyRefusedBySlack } from './channels/web-address.ts'
import { locales } from './templates.ts'

const longestUrl = 2000

const judged = (why: (url: string, allowed: readonly string[]) => string | null) =>
  z
    .string()
    .max(longestUrl)
    .superRefine((url, { addIssue }) => {
      const refusal = why(url, config('webhooks').WEBHOOK_ALLOWED_HOSTS)
      if (refusal) addIssue({ code: 'custom', message: refusal })
    })

const name = z.string().trim().min(1).max(200)
const address = z.email().max(254).meta({ description: 'One address, without a name' })
const number = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, { error: 'must be a number like +14155550123 (E.164)' })
const endpointArn = z
  .string()
  .max(300)
  .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:endpoint\/[A-Z_]+\/[\w.-]+\/[0-9a-f-]{36}$/, {
    error: 'must be the ARN of an endpoint of SNS',
  })
const slackUrl = judged(whyRefusedBySlack).meta({
  description: 'An incoming webhook: https://hooks.slack.com/services/…',
})
const webhookUrl = judged(whyRefused).meta({
  description: 'https, to a host of the internet; redirects are not followed',
})

const settings = {
  userId: z.string().min(1).max(256).nullable().meta({
    description: 'The person that it reaches: `/v1/me/notification-preferences` of theirs hold',
  }),
  locale: z.enum(locales).meta({ description: 'The language of what is sent there' }),
  enabled: z.boolean(),
  perMinute: z
    .int()
    .min(1)
    .max(60_000)
    .meta({ description: 'So many messages a minute; the rest waits' }),
}
const made = {
  name,
  userId: settings.userId.default(null),
  locale: settings.locale.default('en'),
  enabled: settings.enabled.default(true),
  perMinute: settings.perMinute.optional(),
}

/** How many messages a minute a channel is sent where nobody has said. */
export const perMinuteOf = { email: 30, sms: 30, push: 60, slack: 30, webhook: 600 }

/** The body that makes a contact point. Where it leads is never answered again, a hint is. */
export const NewContactPoint = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('email'), ...made, address }),
    z.strictObject({ kind: z.literal('sms'), ...made, number }),
    z.strictObject({ kind: z.literal('push'), ...made, endpointArn }),
    z.strictObject({ kind: z.literal('slack'), ...made, url: slackUrl }),
    z.strictObject({ kind: z.literal('webhook'), ...made, url: webhookUrl }),
  ])
  .meta({
    id: 'NewContactPoint',
    examples: [{ kind: 'webhook', name: 'Our till', url: 'https://till.example/turnout' }],
  })
export type NewContactPoint = z.output<typeof NewContactPoint>

const changed = {
  name: name.optional(),
  userId: settings.userId.optional(),
  locale: settings.locale.optional(),
  enabled: settings.enabled.optional(),
  perMinute: settings.perMinute.optional(),
}

/** The body that changes one: what is left out stays. Its kind stays, too. */
export const ContactPointChange = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('email'), ...changed, address: address.optional() }),
    z.strictObject({ kind: z.literal('sms'), ...changed, number: number.optional() }),
    z.strictObject({ kind: z.literal('push'), ...changed, endpointArn: endpointArn.optional() }),
    z.strictObject({ kind: z.literal('slack'), ...changed, url: slackUrl.optional() }),
    z.strictObject({
      kind: z.literal('webhook'),
      ...changed,
      url: webhookUrl.optional(),
      newSecret: z
        .literal(true)
        .meta({ description: 'Makes another secret and answers it once' })
        .optional(),
    }),
  ])
  .meta({ id: 'ContactPointChange', examples: [{ kind: 'email', name: 'The box office' }] })
export type ContactPointChange = z.output<typeof ContactPointChange>

const shown = {
  id: z.string(),
  kind: z.enum(['email', 'sms', 'push', 'slack', 'webhook']),
  name: z.string(),
  ...settings,
  hint: z.string().meta({ description: 'Its host or its last characters: enough to know it by' }),
  createdBy: z.string(),
  createdAt: z.string(),
}
const example = {
  id: '8a1c2f6e-0f6d-4c0b-9d59-5b0d3c1e7a11',
  kind: 'webhook' as const,
  name: 'Our till',
  ...{ userId: null, locale: 'en' as const, enabled: true, perMinute: 600 },
  hint: 'till.example',
  createdBy: 'u-1',
  createdAt: '2026-06-01T20:20:11.012345Z',
}

/** A contact point as it is told. */
export const ContactPoint = z.object(shown).meta({ id: 'ContactPoint', examples: [example] })
export type ContactPoint = z.infer<typeof ContactPoint>

/** The same where a secret was made: the one time that it is told. */
export const ContactPointWithSecret = z
  .object({
    ...shown,
    secret: z.string().optional().meta({
      description: 'Of a webhook, to verify its signatures (Standard Webhooks); told once',
    }),
  })
  .meta({
    id: 'ContactPointWithSecret',
    examples: [{ ...example, secret: `whsec_${'A'.repeat(32)}` }],
  })
export type ContactPointWithSecret = z.infer<typeof ContactPointWithSecret>

/** A secret of 24 bytes as Standard Webhooks writes it. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`

/** Where a new contact point leads; that of a webhook has a secret of its own. */
export function targetOf(wish: NewContactPoint): Target {
  switch (wish.kind) {
    case 'email':
      return { kind: 'email', address: wish.address }
    case 'sms':
      return { kind: 'sms', number: wish.number }
    case 'push':
      return { kind: 'push', endpointArn: wish.endpointArn }
    case 'slack':
      return { kind: 'slack', url: wish.url }
    case 'webhook':
      return { kind: 'webhook', url: wish.url, secret: newWebhookSecret() }
  }
}

/** Where a contact point leads after a change, or null when the change is of another kind. */
export function changedTarget(target: Target, change: ContactPointChange): Target | null {
  if (target.kind !== change.kind) return null
  const { name: _, userId: _u, locale: _l, enabled: _e, perMinute: _p, ...given } = change
  const { newSecret, ...rest } = { newSecret: undefined, ...given }
  const stated = Object.entries(rest).filter(([, value]) => value !== undefined)
  return {
    ...target,
    ...Object.fromEntries(stated),
    ...(target.kind === 'webhook' && newSecret && { secret: newWebhookSecret() }),
  } as Target
}

/** What a target may be known by: never enough to send to it. */
export function hintOf(target: Target): string {
  switch (target.kind) {
    case 'email':
      return `…@${target.address.slice(target.address.lastIndexOf('@') + 1)}`
    case 'sms':
      return `…${target.number.slice(-4)}`
    case 'push':
      return `…${target.endpointArn.slice(-4)}`
    case 'slack':
      return `${hostOf(new URL(target.url))} …${target.url.slice(-4)}`
    case 'webhook':
      return hostOf(new URL(target.url))
  }
}

const Kept = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('email'), address: z.string() }),
  z.object({ kind: z.literal('sms'), number: z.string() }),
  z.object({ kind: z.literal('push'), endpointArn: z.string() }),
  z.object({ kind: z.literal('slack'), url: z.string() }),
  z.object({ kind: z.literal('webhook'), url: z.string(), secret: z.string() }),
])

/** A target as text, to be sealed, and back; throws where the text is no target. */
export const targetAsText = (target: Target): string => JSON.stringify(target)
export const targetFromText = (text: string): Target => Kept.parse(JSON.parse(text))

export const ContactPointPage = z
  .object({ items: z.array(ContactPoint), nextCursor: z.string().nullable() })
  .meta({ id: 'ContactPointPage' })
