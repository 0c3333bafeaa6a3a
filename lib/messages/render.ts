import type { Rendered } from './channel.ts'
import { asHtml, asLine, asPlain, asSlack, cut, tidy } from './escape.ts'
import { type Reader, readInstant } from './instant-text.ts'
import { allowedLink, linkTo } from './links.ts'
import { readNumbers } from './number-text.ts'
import { fill } from './template-text.ts'
import { type TemplateKey, type Texts, templateOf } from './templates.ts'

/** The channels that a message can take. */
export const kinds = ['email', 'sms', 'push', 'slack', 'webhook'] as const
export type Kind = (typeof kinds)[number]

/** One thing to be told, with the texts that tell it. */
export type Content = {
  template: TemplateKey
  texts: Texts
  data: Record<string, string>
  /** What programs are told beside. */
  facts?: Record<string, unknown>
  createdAt: Date
  reader: Reader
}

/** Where links may lead, and of which venue they are. */
type Place = { venueId: string; origins: readonly string[] }

const longest = { subject: 200, sms: 480, push: 1000, header: 150, slackBody: 2900, slack: 8000 }
/** So many of a group are told one by one; the rest is a number. */
const mostTold = 20

/** Messages that are sent as one, made ready for a channel; one alone is as it is. */
export function render(kind: Kind, contents: readonly Content[], place: Place): Rendered {
  const [first] = contents
  if (!first) throw new Error('there is nothing to be told')
  if (kind === 'webhook') return webhookOf(contents, first, place)
  const link = contents.length === 1 ? linkOf(first, place) : linkTo(place.origins, place.venueId)
  const told = contents.slice(0, mostTold)
  const more = contents.length - told.length
  const subject = subjectOf(contents, first)
  if (kind === 'sms' || kind === 'push') return shortOf(kind, subject, first, contents, link)
  if (kind === 'slack') return slackOf(subject, told, more, link)
  return emailOf(subject, told, more, link)
}

const valuesOf = ({ template, data, reader }: Omit<Content, 'texts'>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(templateOf(template).variables).map(([name, { isInstant, hasNumbers }]) => {
      const value = data[name] ?? ''
      if (isInstant) return [name, tidy(readInstant(value, reader))]
      return [name, tidy(hasNumbers ? readNumbers(value, reader.locale) : value)]
    }),
  )

// Values may be empty; a line never is.
const subjectLine = ({ texts, ...content }: Content): string =>
  cut(asLine(fill(texts.subject, valuesOf(content), (text) => text)), longest.subject) ||
  content.template

const subjectOf = (contents: readonly Content[], first: Content): string =>
  contents.length === 1
    ? subjectLine(first)
    : cut(`${contents.length} × ${subjectLine(first)}`, longest.subject)

const bodyOf = (content: Content, harmless: (text: string) => string): string =>
  fill(content.texts.body, valuesOf(content), harmless)

/** The page that a message is about; null where no host of pages is known. */
function linkOf({ data }: Content, { venueId, origins }: Place): string | null {
  const given = data.dashboardUrl && allowedLink(origins, data.dashboardUrl)
  if (given) return given
  if (data.exportId) return linkTo(origins, venueId, 'exports', data.exportId)
  return data.alertId ? linkTo(origins, venueId, 'alerts', data.alertId) : linkTo(origins, venueId)
}

const andMore = (more: number): string => (more > 0 ? `… +${more}` : '')

function emailOf(subject: string, told: readonly Content[], more: number, link: string | null) {
  const isGroup = told.length > 1
  const paragraphs = told.map((content) => {
    const head = isGroup ? `<strong>${asHtml(subjectLine(content))}</strong><br>` : ''
    return `<p>${head}${bodyOf(content, asHtml).replaceAll('\n', '<br>')}</p>`
  })
  if (more > 0) paragraphs.push(`<p>${asHtml(andMore(more))}</p>`)
  if (link) paragraphs.push(`<p><a href="${asHtml(link)}">${asHtml(link)}</a></p>`)
  const texts = told.map((content) =>
    [...(isGroup ? [subjectLine(content)] : []), bodyOf(content, asPlain)].join('\n'),
  )
  return {
    kind: 'email' as const,
    subject,
    html: `<!doctype html><html><body>${paragraphs.join('')}</body></html>`,
    text: [...texts, andMore(more), link ?? ''].filter(Boolean).join('\n\n'),
  }
}

// The link is whole or not there: half of one leads elsewhere.
function shortOf(
  kind: 'sms' | 'push',
  subject: string,
  first: Content,
  { length }: readonly Content[],
  link: string | null,
) {
  const text = length === 1 ? `${subject}: ${asLine(bodyOf(first, (part) => part))}` : subject
  const most = longest[kind] - (link ? link.length + 1 : 0)
  const isRoom = link !== null && most > 40
  return { kind, text: isRoom ? `${cut(text, most)} ${link}` : cut(text, longest[kind]) }
}

// Texts that hold values are plain_text and rich_text: Slack shows those letter by letter, where
// mrkdwn would make bold, links and mentions of them.
function slackOf(subject: string, told: readonly Content[], more: number, link: string | null) {
  const isGroup = told.length > 1
  const most = Math.min(longest.slackBody, Math.floor(longest.slack / told.length))
  const rich = (...elements: object[]) => ({
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements }],
  })
  const blocks: object[] = [
    {
      type: 'header',
      text: { type: 'plain_text', text: cut(subject, longest.header), emoji: false },
    },
    ...told.map((content) => {
      const line = subjectLine(content)
      const head = { type: 'text', text: `${line}\n`, style: { bold: true } }
      // Slack refuses a message with an empty text in it.
      const body = { type: 'text', text: cut(bodyOf(content, asPlain), most).trim() || line }
      return isGroup ? rich(head, body) : rich(body)
    }),
  ]
  if (more > 0) blocks.push(rich({ type: 'text', text: andMore(more) }))
  if (link) blocks.push(rich({ type: 'link', url: link }))
  return { kind: 'slack' as const, blocks, text: asSlack(subject) }
}

function webhookOf(contents: readonly Content[], first: Content, place: Place) {
  const dataOf = (content: Content) => {
    const { dashboardUrl: _, ...data } = content.data
    return { venueId: place.venueId, ...content.facts, ...data, link: linkOf(content, place) }
  }
  if (contents.length === 1) {
    return { kind: 'webhook' as const, type: first.template, data: dataOf(first) }
  }
  const messages = contents.map((content) => ({
    type: content.template,
    createdAt: content.createdAt.toISOString(),
    data: dataOf(content),
  }))
  return { kind: 'webhook' as const, type: 'messages', data: { venueId: place.venueId, messages } }
}
