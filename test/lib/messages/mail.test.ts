import { type Message, type Rendered, send, type Target } from '../../../lib/messages/channel.ts'
import { unique } from '../../support/events.ts'
import { nastyNames } from '../../support/nasty-names.ts'

const sink = process.env.AWS_ENDPOINT_URL_SESV2 ?? ''
const signal = new AbortController().signal

const sendTo = (target: Target, rendered: Rendered, dedupeKey = unique('k')) => {
  const message: Message = { id: 'm-1', dedupeKey, createdAt: new Date(), rendered }
  return send(target, message, signal)
}
const letter = (subject: string, text = 'Doors are open'): Rendered => ({
  kind: 'email',
  subject,
  html: '<p>Doors are open</p>',
  text,
})
const kept = async (to: string) => {
  const answer = await fetch(`${sink}/messages?to=${encodeURIComponent(to)}`)
  return ((await answer.json()) as { items: Record<string, unknown>[] }).items
}
const receiver = () => `${unique('u')}@example.com`

test('a letter arrives with both of its bodies, its sender and the key of its message', async () => {
  const address = receiver()
  const outcome = await sendTo({ kind: 'email', address }, letter('Doors'), 'alert:7')
  expect(outcome).toEqual({ ok: true, providerId: expect.any(String) })
  expect(await kept(address)).toEqual([
    expect.objectContaining({
      id: (outcome as { providerId: string }).providerId,
      subject: 'Doors',
      html: '<p>Doors are open</p>',
      text: 'Doors are open',
      headers: { From: 'Turnout <turnout@turnout.example>', 'X-Turnout-Dedupe': 'alert:7' },
    }),
  ])
})

test.each(nastyNames)('the name %p makes a subject of one line, and whole text', async (name) => {
  const address = receiver()
  expect(await sendTo({ kind: 'email', address }, letter(name, name))).toMatchObject({ ok: true })
  const [one] = (await kept(address)) as { subject: string; text: string; headers: object }[]
  expect(one?.text).toBe(name)
  expect(one?.subject).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
  expect([...(one?.subject ?? '')].length).toBeLessThanOrEqual(200)
  expect(Object.keys(one?.headers ?? {})).toEqual(['From', 'X-Turnout-Dedupe'])
  const page = await (await fetch(`${sink}/`)).text()
  expect(page).not.toContain('<img')
})

test('a mail provider that is busy may take it later; one that refuses the address, never', async () => {
  const to = (address: string) => sendTo({ kind: 'email', address }, letter('x'))
  expect(await to('throttled@example.com')).toEqual({
    ok: false,
    isPassing: true,
    status: 429,
    reason: 'the provider answered TooManyRequestsException',
  })
  expect(await to('rejected@example.com')).toMatchObject({
    ok: false,
    isPassing: false,
    status: 400,
  })
  expect(await to('no address')).toMatchObject({ ok: false, isPassing: false, status: 400 })
})

test('an SMS and a push arrive by SNS, and a bad number is refused for good', async () => {
  const number = `+1${String(Math.random()).slice(2, 12)}`
  const endpointArn = `arn:aws:sns:us-east-1:000000000000:endpoint/APNS/app/${unique('e')}`
  const note = (kind: 'sms' | 'push', text: string): Rendered => ({ kind, text })
  const sms = await sendTo({ kind: 'sms', number }, note('sms', 'Sold out 🎟️ & <more>'), 'k:1')
  expect(sms).toEqual({ ok: true, providerId: expect.any(String) })
  const push = await sendTo({ kind: 'push', endpointArn }, note('push', 'Sold out'))
  expect(push).toEqual({ ok: true, providerId: expect.any(String) })
  expect(await kept(number)).toEqual([
    expect.objectContaining({
      kind: 'sms',
      text: 'Sold out 🎟️ & <more>',
      headers: { 'turnout-dedupe': 'k:1', 'AWS.SNS.SMS.SMSType': 'Transactional' },
    }),
  ])
  expect(await kept(endpointArn)).toEqual([expect.objectContaining({ kind: 'push' })])
  const bad = await sendTo({ kind: 'sms', number: '12' }, note('sms', 'x'))
  expect(bad).toMatchObject({ ok: false, isPassing: false, status: 400 })
})

test('a sending that is broken off, and one to a channel it is not rendered for, throw nothing', async () => {
  const aborted = { id: 'm', dedupeKey: 'k', createdAt: new Date(), rendered: letter('x') }
  const target: Target = { kind: 'email', address: receiver() }
  const outcome = await send(target, aborted, AbortSignal.abort())
  expect(outcome).toMatchObject({ ok: false, isPassing: true })
  const wrong = await sendTo({ kind: 'sms', number: '+14155550123' }, letter('x'))
  expect(wrong).toMatchObject({ ok: false, isPassing: false })
  const noSecret: Target = { kind: 'webhook', url: `${sink}/hooks/x`, secret: '' }
  const broken = await sendTo(noSecret, { kind: 'webhook', type: 'x', data: {} })
  expect(broken).toMatchObject({ ok: false, isPassing: true })
})

test('the local inbox takes webhooks, shows letters without running them, and knows its own name', async () => {
  const secret = 'whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw=='
  const path = `/hooks/${unique('h')}`
  const hook = await sendTo(
    { kind: 'webhook', url: `${sink}${path}`, secret },
    { kind: 'webhook', type: 'report.ready', data: { rows: 1 } },
  )
  expect(hook).toEqual({ ok: true, providerId: null })
  expect(await kept(path)).toEqual([
    expect.objectContaining({ kind: 'hook', text: expect.stringContaining('"rows":1') }),
  ])
  const address = receiver()
  const sent = await sendTo({ kind: 'email', address }, letter('<b>Doors</b>'))
  const { providerId } = sent as { providerId: string }
  const page = await fetch(`${sink}/messages/${providerId}/page`)
  expect(await page.text()).toContain(`<iframe sandbox src="/messages/${providerId}/html">`)
  const html = await fetch(`${sink}/messages/${providerId}/html`)
  expect(html.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/)
  expect(await html.text()).toBe('<p>Doors are open</p>')
})
