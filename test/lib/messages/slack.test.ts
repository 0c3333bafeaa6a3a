import { resolveName } from '../../../lib/messages/channels/resolve.ts'
import { sendSlack } from '../../../lib/messages/channels/slack.ts'
import { type Content, render } from '../../../lib/messages/render.ts'
import { nastyNames } from '../../support/nasty-names.ts'
import { startSink } from '../../support/sink.ts'

const wire = { allowed: ['127.0.0.1'], resolve: resolveName, timeoutMs: 5000 }
const never = new AbortController().signal
const place = { venueId: 'v-1', origins: ['https://app.example'] }
const createdAt = new Date('2026-06-02T11:00:00Z')

/** Names that are bold, links or mentions where somebody takes them for mrkdwn. */
const markedUp = [
  ...['*bold*', '_x_', '~x~', '`x`', '```x```', '> x', '• x', '1. x', ':smile:'],
  ...['https://evil.example', 'evil.example', 'mailto:a@evil.example', 'a@evil.example'],
  ...[
    '@here',
    '@channel',
    '@everyone',
    '#general',
    '<!here>',
    '<!subteam^S1>',
    '<!date^1^{date}|x>',
  ],
]
const names = [...nastyNames, ...markedUp]
const shown = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text
/** A value as every channel shows it: of one line, of 300 characters, and nothing unseen. */
const seen = (name: string) =>
  shown(name.replaceAll(/\s+/g, ' ').replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, ''), 300)

const content = (name: string): Content => ({
  template: 'contact-point-test',
  texts: { subject: '{{name}}', body: '*{{name}}*' },
  data: { venue: 'v', name },
  createdAt,
  reader: { locale: 'en', timeZone: 'UTC' },
})
const slackOf = (...contents: Content[]) => {
  const rendered = render('slack', contents, place)
  if (rendered.kind !== 'slack') throw new Error('it is rendered for Slack')
  return rendered
}
const text = (text: string, more: object = {}) => ({ type: 'text', text, ...more })
const rich = (...elements: object[]) => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements }],
})
const header = (text: string) => ({
  type: 'header',
  text: { type: 'plain_text', text: shown(text, 150), emoji: false },
})
const link = rich({ type: 'link', url: 'https://app.example/venues/v-1' })

test.each(names)(
  'the name %p comes to Slack letter by letter and as nothing else',
  async (name) => {
    const sink = await startSink((response) => response.end('ok'))
    const target = { kind: 'slack' as const, url: sink.url }
    const outcome = await sendSlack(target, slackOf(content(name)), never, wire)
    await sendSlack(target, slackOf(content(name), content(name)), never, wire)
    sink.close()
    expect(outcome).toEqual({ ok: true, providerId: null })
    const [one, group] = sink.received.map(({ body }) => JSON.parse(body))
    const line = shown(seen(name), 200)
    expect(one.blocks).toEqual([header(line), rich(text(`*${seen(name)}*`)), link])
    const told = rich(text(`${line}\n`, { style: { bold: true } }), text(`*${seen(name)}*`))
    expect(group.blocks).toEqual([header(`2 × ${line}`), told, told, link])
    for (const { blocks: _, text: notice, ...rest } of [one, group]) {
      // Slack reads no mark-up in it, and what it reads all the same is escaped.
      expect(rest).toEqual({ mrkdwn: false, unfurl_links: false, unfurl_media: false })
      expect(notice).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
    }
  },
)

test('names and texts of nothing leave no empty text, which Slack would refuse', () => {
  const empty = { ...content(' '), texts: { subject: '{{name}}', body: ' {{name}} ' } }
  expect(slackOf(empty).blocks).toEqual([
    header('contact-point-test'),
    rich(text('contact-point-test')),
    link,
  ])
})

test('a long group is of no more text than Slack takes', () => {
  const long = { ...content('x'), texts: { subject: 's'.repeat(200), body: 'b'.repeat(4000) } }
  const { blocks } = slackOf(...Array.from({ length: 100 }, () => long))
  expect(blocks).toHaveLength(23)
  expect(JSON.stringify(blocks).replaceAll(/[^sb]/g, '').length).toBeLessThan(13_000)
  expect(JSON.stringify(slackOf(long).blocks)).toContain('b'.repeat(2899))
})

test('Slack’s wish to wait is told, and its refusal is for good', async () => {
  const busy = await startSink((response) => response.writeHead(429, { 'retry-after': '30' }).end())
  const gone = await startSink((response) => response.writeHead(404).end('no_service'))
  const send = (url: string) =>
    sendSlack({ kind: 'slack', url }, { kind: 'slack', blocks: [], text: 'x' }, never, wire)
  expect(await send(busy.url)).toMatchObject({
    isPassing: true,
    retryAfterSeconds: 30,
    status: 429,
  })
  expect(await send(gone.url)).toMatchObject({ isPassing: false, excerpt: 'no_service' })
  expect(await send('https://example.com/services/x')).toMatchObject({ isPassing: false })
  busy.close()
  gone.close()
})
