import { Webhook } from 'standardwebhooks'
import {
  ContactPointChange,
  changedTarget,
  hintOf,
  NewContactPoint,
  targetAsText,
  targetFromText,
  targetOf,
} from '../../../lib/messages/contact-point.ts'

const slackUrl = 'https://hooks.slack.com/services/T0/B0/abcdWXYZ'
const endpointArn =
  'arn:aws:sns:us-east-1:123456789012:endpoint/APNS/turnout/5f0f7c52-5d6f-4f5c-8f0a-6f5a3f2b1c0d'
const good = [
  { kind: 'email', name: 'Box office', address: 'box@example.com' },
  { kind: 'sms', name: 'Night manager', number: '+14155550123' },
  { kind: 'push', name: 'Phone', endpointArn },
  { kind: 'slack', name: 'Channel', url: slackUrl },
  { kind: 'webhook', name: 'Till', url: 'https://till.example.com/turnout' },
]

test.each(good)('a contact point of kind $kind is taken, kept as text, and hinted at', (wish) => {
  const target = targetOf(NewContactPoint.parse(wish))
  expect(targetFromText(targetAsText(target))).toEqual(target)
  const hint = hintOf(target)
  const secrets = Object.entries(target).filter(([key]) => key !== 'kind')
  for (const [, secret] of secrets) expect(hint).not.toContain(secret)
})

test('hints are enough to know a contact point by', () => {
  const hints = good.map((wish) => hintOf(targetOf(NewContactPoint.parse(wish))))
  expect(hints).toEqual([
    '…@example.com',
    '…0123',
    '…1c0d',
    'hooks.slack.com …WXYZ',
    'till.example.com',
  ])
})

test.each([
  { kind: 'email', name: 'x', address: 'a@example.com,b@example.com' },
  { kind: 'email', name: 'x', address: 'a@example.com\r\nBcc: b@example.com' },
  { kind: 'email', name: 'x', address: 'A <a@example.com>' },
  { kind: 'email', name: 'x', address: `${'a'.repeat(250)}@example.com` },
  { kind: 'email', name: 'x', address: 'nobody' },
  { kind: 'sms', name: 'x', number: '0155550123' },
  { kind: 'sms', name: 'x', number: '+1 415 555 0123' },
  { kind: 'sms', name: 'x', number: '+1234567890123456' },
  { kind: 'push', name: 'x', endpointArn: 'arn:aws:sns:us-east-1:123456789012:a-topic' },
  { kind: 'slack', name: 'x', url: 'https://example.com/services/T0/B0/x' },
  { kind: 'webhook', name: 'x', url: 'https://127.0.0.1/' },
  { kind: 'webhook', name: 'x', url: 'https://0x7f.1/' },
  { kind: 'webhook', name: 'x', url: 'http://example.com/' },
  { kind: 'webhook', name: 'x', url: 'https://a:b@example.com/' },
  { kind: 'webhook', name: 'x', url: 'https://till.example.com/', secret: 'whsec_mine' },
  { kind: 'webhook', name: '', url: 'https://till.example.com/' },
  { kind: 'pigeon', name: 'x' },
])('%p is no contact point', (wish) => {
  expect(NewContactPoint.safeParse(wish).success).toBe(false)
})

test('a webhook gets a secret of its own, which signs, and another when it is asked for', () => {
  const wish = NewContactPoint.parse(good[4])
  const [one, two] = [targetOf(wish), targetOf(wish)]
  if (one.kind !== 'webhook' || two.kind !== 'webhook') throw new Error('not a webhook')
  expect(one.secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/)
  expect(one.secret).not.toBe(two.secret)
  expect(new Webhook(one.secret).sign('id', new Date(), '{}')).toMatch(/^v1,/)
  const change = ContactPointChange.parse({ kind: 'webhook', newSecret: true })
  const changed = changedTarget(one, change)
  expect(changed).toEqual({
    kind: 'webhook',
    url: one.url,
    secret: expect.stringMatching(/^whsec_/),
  })
  expect(changed).not.toEqual(one)
})

test('a change keeps what it does not name, and is of one kind', () => {
  const target = targetOf(NewContactPoint.parse(good[0]))
  const named = ContactPointChange.parse({ kind: 'email', name: 'Another' })
  expect(changedTarget(target, named)).toEqual(target)
  const moved = ContactPointChange.parse({ kind: 'email', address: 'new@example.com' })
  expect(changedTarget(target, moved)).toEqual({ kind: 'email', address: 'new@example.com' })
  const other = ContactPointChange.parse({ kind: 'sms', number: '+14155550123' })
  expect(changedTarget(target, other)).toBeNull()
  expect(ContactPointChange.safeParse({ kind: 'email', number: '+14155550123' }).success).toBe(
    false,
  )
})
