import * as z from 'zod'
import { locales, templateKeys } from './templates.ts'

// What is seen, that is: blanks and marks without a width are nothing to read.
const isSeen = (text: string) => /[^\p{C}\p{Z}]/u.test(text)
const blank = { error: 'must not be blank' }
const subject = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\r\n]*$/, { error: 'must be one line' })
  .refine(isSeen, blank)
const body = z.string().min(1).max(4000).refine(isSeen, blank)

/** The body of PUT V/message-templates/{key}/{locale}. */
export const NewTexts = z
  .strictObject({
    subject: subject.meta({ description: 'One line, plain, with {{variables}}' }),
    body: body.meta({ description: 'Plain text with {{variables}}; each channel escapes it' }),
  })
  .meta({
    id: 'NewMessageTexts',
    examples: [{ subject: '{{name}} is there', body: 'Have a look at {{name}} of {{venue}}.' }],
  })
export type NewTexts = z.infer<typeof NewTexts>

const example = {
  key: 'report-ready' as const,
  locale: 'en' as const,
  ...{ subject: 'Report ready: {{name}}', body: 'The report “{{name}}” of {{venue}} is ready.' },
  variables: [{ name: 'name', definition: 'The name of the report', example: 'Yesterday’s sales' }],
  isOwn: false,
  etag: '"message-template-report-ready-en-0"',
}

/** A template in a language, as it is told. */
export const MessageTemplate = z
  .object({
    key: z.enum(templateKeys),
    locale: z.enum(locales),
    subject: z.string(),
    body: z.string(),
    variables: z.array(z.object({ name: z.string(), definition: z.string(), example: z.string() })),
    isOwn: z.boolean().meta({ description: 'The venue has put it in place of the service’s' }),
    etag: z.string().meta({ description: 'What `If-Match` of a change names' }),
  })
  .meta({ id: 'MessageTemplate', examples: [example] })
export type MessageTemplate = z.infer<typeof MessageTemplate>

export const MessageTemplates = z
  .object({ items: z.array(MessageTemplate) })
  .meta({ id: 'MessageTemplates', examples: [{ items: [example] }] })
export type MessageTemplates = z.infer<typeof MessageTemplates>

/** The body of POST V/message-templates/{key}/preview. */
export const PreviewAsked = z
  .strictObject({
    locale: z.enum(locales).default('en'),
    subject: subject.optional(),
    body: body.optional(),
    data: z
      .record(z.string().max(100), z.string().max(20_000))
      .default({})
      .meta({ description: 'Values in place of the examples' }),
  })
  .meta({ id: 'MessagePreviewAsked', examples: [{ locale: 'en', data: { name: 'Sales' } }] })
export type PreviewAsked = z.output<typeof PreviewAsked>

/** What each channel would send. */
export const Preview = z
  .object({
    email: z.object({ subject: z.string(), html: z.string(), text: z.string() }),
    sms: z.object({ text: z.string() }),
    push: z.object({ text: z.string() }),
    slack: z.object({ blocks: z.array(z.record(z.string(), z.unknown())), text: z.string() }),
    webhook: z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) }),
  })
  .meta({
    id: 'MessagePreview',
    examples: [
      {
        email: { subject: 'Report ready: Sales', html: '<p>…</p>', text: '…' },
        sms: { text: 'Report ready: Sales: …' },
        push: { text: 'Report ready: Sales: …' },
        slack: { blocks: [{ type: 'rich_text' }], text: 'Report ready: Sales' },
        webhook: { type: 'report-ready', data: { name: 'Sales' } },
      },
    ],
  })
