import { resolveName } from '../../../lib/messages/channels/resolve.ts'
import { sendSlack } from '../../../lib/messages/channels/slack.ts'
import {
  escapeSlack,
  fittingBlocks,
  slackSections,
} from '../../../lib/messages/channels/slack-text.ts'
import { nastyNames } from '../../support/nasty-names.ts'
import { startSink } from '../../support/sink.ts'

const wire = { allowed: ['127.0.0.1'], resolve: resolveName, timeoutMs: 5000 }
const never = new AbortController().signal
const unescaped = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
const textsOf = (blocks: object[]) =>
  (blocks as { text: { text: string } }[]).map((b) => b.text.text)

test.each(nastyNames)('the name %p comes to Slack as text and as nothing else', async (name) => {
  const sink = await startSink((response) => response.end('ok'))
  const blocks = slackSections(`*Alert* ${escapeSlack(name)}`)
  const outcome = await sendSlack(
    { kind: 'slack', url: sink.url },
    { kind: 'slack', blocks, text: escapeSlack(name) },
    never,
    wire,
  )
  expect(outcome).toEqual({ ok: true, providerId: null })
  const sent = JSON.parse(sink.received[0]?.body ?? '')
  expect(Object.keys(sent).sort()).toEqual(['blocks', 'text', 'unfurl_links', 'unfurl_media'])
  for (const { type, text } of sent.blocks) {
    expect([type, text.type]).toEqual(['section', 'mrkdwn'])
    expect(text.text.length).toBeLessThanOrEqual(3000)
    expect(text.text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
  }
  expect(unescaped(textsOf(sent.blocks).join(''))).toBe(`*Alert* ${name}`)
  expect(unescaped(sent.text)).toBe(name)
  sink.close()
})

test('a long section is split after a line or a word, never within an entity, a link or a character', () => {
  const lines = `${'l'.repeat(2000)}\n${'m'.repeat(2000)}`
  expect(textsOf(slackSections(lines)).map((text) => text.length)).toEqual([2001, 2000])
  const words = `${'w'.repeat(2500)} ${'x'.repeat(1000)}`
  expect(textsOf(slackSections(words)).map((text) => text.length)).toEqual([2501, 1000])
  for (let shift = 0; shift < 8; shift += 1) {
    for (const part of ['&amp;', '🎟️', '<https://a.example/b|c>']) {
      const text = 'a'.repeat(shift) + part.repeat(1500)
      const parts = textsOf(slackSections(text))
      expect(parts.join('')).toBe(text)
      for (const one of parts) {
        expect(one.length).toBeLessThanOrEqual(3000)
        expect(one.isWellFormed()).toBe(true)
        expect(one).not.toMatch(/&[a-z]*$|^[a-z]*;/)
        expect(one.split('<').length).toBe(one.split('>').length)
      }
    }
  }
})

test('blocks beyond the fiftieth are told to be left out, and other blocks stay as they are', () => {
  const divider = { type: 'divider' }
  const header = { type: 'header', text: { type: 'plain_text', text: 'x' } }
  expect(fittingBlocks([header, divider])).toEqual([header, divider])
  const many = fittingBlocks(Array.from({ length: 60 }, () => divider))
  expect(many).toHaveLength(50)
  expect(textsOf(many.slice(-1))).toEqual(['_11 more blocks are left out_'])
  const long = { type: 'section', text: { type: 'mrkdwn', text: 'y'.repeat(7000) }, block_id: 'b' }
  const split = fittingBlocks([long]) as { block_id?: string }[]
  expect(split.map(({ block_id }) => block_id)).toEqual(['b', undefined, undefined])
  expect(textsOf(split).join('')).toHaveLength(7000)
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
