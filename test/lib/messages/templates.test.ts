import { cut } from '../../../lib/messages/escape.ts'
import { allowedLink, linkTo } from '../../../lib/messages/links.ts'
import { ownTexts } from '../../../lib/messages/own-texts.ts'
import { type Content, type Kind, kinds, render } from '../../../lib/messages/render.ts'
import { defectOfText, fill, variablesIn } from '../../../lib/messages/template-text.ts'
import {
  declaredBy,
  defectOfData,
  examplesOf,
  type Locale,
  locales,
  templateKeys,
} from '../../../lib/messages/templates.ts'

const createdAt = new Date('2026-06-02T11:00:00Z')
const origins = ['https://app.example']

const content = (name: string, more: Record<string, string> = {}): Content => ({
  template: 'alert-firing',
  texts: ownTexts('alert-firing', 'en'),
  data: { ...examplesOf('alert-firing'), name, ...more },
  createdAt,
  reader: { locale: 'en', timeZone: 'America/New_York' },
})
const rendered = <K extends Kind>(kind: K, ...contents: Content[]) =>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into what each channel has
  render(kind, contents, { venueId: 'v-1', origins }) as any

/** The text that a reader of HTML sees, where nothing but our own elements is an element. */
function readHtml(html: string): string {
  const rest = html.replaceAll(/<(?:!doctype html|\/?(?:html|body|p|strong|a)|br)>/g, '')
  const linkless = rest.replaceAll(/<a href="https:\/\/app\.example\/[\w/%-]*">/g, '')
  expect(linkless).not.toMatch(/[<>]/)
  return linkless
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}
const hostile = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "' onmouseover='alert(1)",
  '{{severity}}',
  '{{{{severity}}}}',
  '$& $1 $` $$',
  '"}],"text":"x',
  '<!channel>',
  '<@U123>',
  '<https://evil.example|ok>',
  '&lt;!channel&gt;',
  '\\u003c!here\\u003e',
  'javascript:alert(1)',
  '__proto__',
]

test.each(hostile)('the name %s is a name in every channel and nothing else', (name) => {
  const email = rendered('email', content(name))
  expect(email.subject).toBe(`[high] ${name}`)
  const grouped = rendered('email', content(name), content(name))
  expect(readHtml(grouped.html).split(name)).toHaveLength(3)
  readHtml(email.html)
  expect(rendered('sms', content(name)).text).toContain(name)

  const webhook = JSON.parse(JSON.stringify(rendered('webhook', content(name))))
  expect(webhook).toMatchObject({ type: 'alert-firing', data: { name, severity: 'high' } })
})

test('a subject is one line, whatever is in it', () => {
  const name = 'Sales\r\nBcc: everybody@example.com\u2028x\u0085y\u0000z'
  expect(rendered('email', content(name)).subject).toBe(
    '[high] Sales Bcc: everybody@example.com xyz',
  )
  expect(rendered('slack', content(name)).blocks[0].text.text).not.toMatch(/[\r\n\u2028]/)
})

test('a name that turns the direction of what follows does not', () => {
  const name = 'gpj.\u202eexe\u2066\u200b'
  for (const kind of kinds.filter((one) => one !== 'webhook')) {
    expect(JSON.stringify(rendered(kind, content(name)))).not.toMatch(/[\u200b\u202a-\u202e\u2066]/)
  }
})

test('a name of ten thousand characters leaves each message its length', () => {
  const names = ['x'.repeat(10_000), '<'.repeat(10_000), '😀'.repeat(5000)]
  for (const name of names) {
    const { subject } = rendered('email', content(name))
    expect(subject.length).toBeLessThanOrEqual(200)
    expect(rendered('sms', content(name)).text.length).toBeLessThanOrEqual(480)
    expect(rendered('sms', content(name)).text).toMatch(/ https:\/\/app\.example\/\S+$/)
    const many = Array.from({ length: 100 }, () => content(name))
    const { blocks } = rendered('slack', ...many)
    expect(blocks.length).toBeLessThanOrEqual(50)
    expect(blocks[0].text.text.length).toBeLessThanOrEqual(150)
    const texts = JSON.stringify(blocks)
    expect(texts.length).toBeLessThanOrEqual(15_000)
    expect(blocks[0].text.text.isWellFormed()).toBe(true)
    expect(subject.isWellFormed()).toBe(true)
  }
})

test('a link leads to hosts of the list alone, by https', () => {
  const given = (dashboardUrl: string) =>
    rendered('webhook', content('a', { dashboardUrl })).data.link
  const own = 'https://app.example/venues/v-1/alerts/a-1'
  const refused = [
    ...['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'http://app.example/x'],
    ...[
      'https://evil.example/',
      'https://app.example.evil.example/',
      'https://app.example@evil.example/',
    ],
    ...[
      'https://u:p@app.example/',
      '//app.example/x',
      'https://app.example:8443/',
      ' ',
      'https:/\\evil.example',
    ],
  ]
  for (const address of refused) expect([address, given(address)]).toEqual([address, own])
  expect(given('https://app.example/d/1?x=1')).toBe('https://app.example/d/1?x=1')
  expect(linkTo([], 'v-1')).toBeNull()
  expect(allowedLink([], 'https://app.example/')).toBeNull()
  expect(linkTo(origins, 'v/../1', '?x')).toBe('https://app.example/venues/v%2F..%2F1/%3Fx')
  const none = render('email', [content('a')], { venueId: 'v-1', origins: [] })
  expect(JSON.stringify(none)).not.toContain('http')
  // What leads nowhere is not told either.
  const html = rendered('email', content('a', { dashboardUrl: 'javascript:alert(1)' })).html
  expect(html).not.toContain('javascript')
})

test('every text that comes with the service names declared variables alone, in each language', () => {
  for (const key of templateKeys) {
    for (const locale of locales) {
      const { subject, body } = ownTexts(key, locale)
      expect([defectOfText(subject, declaredBy(key)), defectOfText(body, declaredBy(key))]).toEqual(
        [undefined, undefined],
      )
      expect(subject).not.toContain('\n')
    }
    expect(defectOfData(key, examplesOf(key))).toBeUndefined()
  }
})

test('a text says the same in every language: it names what the English one names', () => {
  for (const key of templateKeys) {
    const named = (locale: Locale) => {
      const { subject, body } = ownTexts(key, locale)
      return [variablesIn(subject).sort(), variablesIn(body).sort()]
    }
    for (const locale of locales) {
      expect([key, locale, ...named(locale)]).toEqual([key, locale, ...named('en')])
    }
    const bodies = locales.map((locale) => ownTexts(key, locale).body)
    expect(new Set(bodies).size).toBe(locales.length)
  }
})

test.each<[Locale, string, string]>([
  ['en', 'America/New_York', 'Jun 1, 2026, 12:30 PM EDT'],
  ['en', 'UTC', 'Jun 1, 2026, 4:30 PM UTC'],
  ['de', 'Europe/Berlin', '1. Juni 2026, 18:30 MESZ'],
  ['es', 'Europe/Madrid', '1 jun 2026, 18:30 CEST'],
  ['fr', 'Europe/Paris', '1 juin 2026, 18:30 UTC+2'],
  ['it', 'Asia/Kathmandu', '1 giu 2026, 22:15 GMT+5:45'],
  ['nl', 'Europe/Amsterdam', '1 jun 2026, 18:30 CEST'],
  ['pt', 'America/Sao_Paulo', '1 de jun. de 2026, 13:30 BRT'],
])('an instant is read in %s by the clocks of %s: %s', (locale, timeZone, expected) => {
  const at = '2026-06-01T16:30:00.123456Z'
  const one = { ...content('a', { at }), texts: { subject: '{{at}}', body: '{{at}}' } }
  const told = (kind: Kind) => rendered(kind, { ...one, reader: { locale, timeZone } })
  expect(told('email').subject).toBe(expected)
  for (const kind of ['email', 'sms', 'push', 'slack'] as const) {
    expect(JSON.stringify(told(kind))).toContain(expected)
    expect(JSON.stringify(told(kind))).not.toContain('2026-06-01T')
  }
  // Programs read it as it is.
  expect(told('webhook').data.at).toBe(at)
})

test('what is no instant stays as it is, also in its place', () => {
  for (const at of ['2026-06-01', '12:00', 'x', '2026-13-01T00:00:00Z', '', '2026-06-01T12:00']) {
    const one = { ...content('a', { at }), texts: { subject: '|{{at}}|{{name}}', body: 'x' } }
    expect(rendered('email', one).subject).toBe(`|${at}|a`)
  }
  const name = '2026-06-01T16:30:00Z'
  expect(rendered('email', content(name)).subject).toBe(`[high] ${name}`)
})

test('a text that names what is not declared, or is half a name, has a defect', () => {
  const declared = ['name']
  expect(defectOfText('{{ name }} and {{name}}', declared)).toBeUndefined()
  expect(defectOfText('{{colour}}', declared)).toContain('no variable colour')
  expect(defectOfText('{{constructor}}', declared)).toContain('no variable')
  for (const text of [
    '{{{name}}}',
    '{{{ name }}}',
    '{{{name}}',
    '{{name}}}',
    '{{name}} {{{name}}}',
  ]) {
    expect([text, defectOfText(text, declared)]).toEqual([text, expect.stringContaining('braces')])
  }
  expect(defectOfText('{ {{name}} }', declared)).toBeUndefined()
  for (const text of ['{{name', 'name}}', '{{na me}}', '{{}}', '{{{{name}}']) {
    expect([text, defectOfText(text, declared)]).toEqual([text, expect.stringContaining('braces')])
  }
  expect(variablesIn('{{a}}{{b}} {{a}}')).toEqual(['a', 'b'])
})

test('data that lack a variable, or have one too many, have a defect', () => {
  const { name: _, ...without } = examplesOf('report-failed')
  expect(defectOfData('report-failed', without)).toMatchObject({ name: 'name' })
  const more = { ...examplesOf('report-failed'), toString: 'x' }
  expect(defectOfData('report-failed', more)).toMatchObject({ name: 'toString' })
  expect(() => fill('{{toString}}', {}, (text) => text)).toThrow('no value')
})

test('of a group each is told, up to twenty, and a webhook has all of them', () => {
  const many = Array.from({ length: 25 }, (_, i) => content(`alert ${i}`))
  const { subject, text } = rendered('email', ...many)
  expect(subject).toBe('25 × [high] alert 0')
  expect(text).toContain('alert 19')
  expect(text).toContain('… +5')
  expect(rendered('webhook', ...many).data.messages).toHaveLength(25)
})

test('a text that is cut is cut between characters', () => {
  expect(cut('abc', 3)).toBe('abc')
  expect(cut('abcd', 3)).toBe('ab…')
  expect(cut('a😀😀', 3)).toBe('a…')
})
