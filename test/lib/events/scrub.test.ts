import { openEvent, openMessage } from '../../../lib/events/door.ts'
import type { JsonObject } from '../../../lib/events/json.ts'
import { isPersonalKey } from '../../../lib/events/personal-keys.ts'
import { pseudonymOf } from '../../../lib/events/pseudonym.ts'
import { type EventType, registry } from '../../../lib/events/registry.ts'
import { scrubText, scrubValue } from '../../../lib/events/scrub-text.ts'

const options = { messageId: 'm-1', now: new Date('2026-06-02T00:00:00Z'), secret: 'secret' }
const example = (type: EventType) => structuredClone(registry.get(type)?.example) as JsonObject
const fields = (value: unknown) => value as JsonObject

const canaries = [
  'canary@example.org',
  'Canaria',
  '+49 170 555 0199',
  '203.0.113.77',
  '2001:db8::77',
]
const planted = (text: string) => canaries.some((canary) => text.includes(canary))
const plantedPattern = /.{0,60}(?:canary@|canary%40|Canaria|555 0199|203\.0\.113|2001:db8).{0,20}/i
const inText = `write to ${canaries[0]}, call ${canaries[2]} from ${canaries[3]} or ${canaries[4]}.`
const person = {
  email: canaries[0],
  firstName: 'Canaria',
  last_name: 'Canaria',
  name: 'Canaria',
  Phone: canaries[2],
  ip_address: canaries[3],
  'X-Forwarded-For': canaries[4],
  user_agent: 'Canaria/5.0',
  billing_address: { line: 'Canaria 5' },
  note: inText,
  [`key ${canaries[0]}`]: 1,
  holder: 'Canaria',
  attendees: ['Canaria'],
}

function plantedEverywhere(type: EventType) {
  const event = example(type)
  return {
    ...event,
    ...person,
    buyer: person,
    actor: {
      ...fields(event.actor),
      ...person,
      customer_id: canaries[0],
      anonymous_id: canaries[3],
    },
    context: {
      ...fields(event.context),
      ...person,
      ip: canaries[3],
      referrer: `https://x.org/?email=canary%40example.org&name=Canaria&ip=${canaries[3]}`,
      utm: { campaign: inText, ...person },
    },
    event_ref: { ...fields(event.event_ref), extra: [person, [person]] },
    data: { ...person, ...fields(event.data), customer: person, from_customer_id: canaries[0] },
    as_text: JSON.stringify({ deep: JSON.stringify(person) }),
  }
}

test.each([...registry.keys()])('nothing personal passes in %s, taken or refused', (type) => {
  const event = plantedEverywhere(type)
  const opened = openEvent(event, { ...options, index: 0 })
  expect(opened.ok).toBe(true)
  expect(JSON.stringify(opened).match(plantedPattern)).toBeNull()
  for (const broken of [
    { ...event, occurred_at: inText },
    { ...event, type: inText },
    { ...event, x: '\0' },
    { ...event, venue_id: inText },
  ]) {
    const refused = openMessage(JSON.stringify(broken), options)
    expect(refused).toMatchObject([{ ok: false }])
    const visible = JSON.stringify(refused)
    expect(visible.match(plantedPattern)).toBeNull()
  }
})

test('nothing personal passes in the flat messages of the old service', () => {
  const flat = {
    venue_id: 'v1',
    event_type: 'ticket_purchase',
    timestamp: '2016-07-01T19:30:00Z',
    ...person,
    metadata: { ...person, price: 5, customer_id: canaries[0], ticket_type: 'vip' },
  }
  expect(planted(JSON.stringify(openMessage(JSON.stringify(flat), options)))).toBe(false)
  const bad = { ...flat, metadata: { ...flat.metadata, price: inText } }
  expect(openMessage(JSON.stringify(bad), options)).toMatchObject([{ ok: false }])
  expect(planted(JSON.stringify(openMessage(JSON.stringify(bad), options)))).toBe(false)
})

test('nothing personal passes in bodies that cannot be read', () => {
  const whole = JSON.stringify(plantedEverywhere('order.paid'))
  const bodies = [
    whole.slice(0, -1),
    `${whole}}`,
    JSON.stringify({ Type: 'Notification', Message: whole.slice(0, -2) }),
    `[${whole},`,
    'name=Canaria&email=canary%40example.org&phone=%2B49%20170%20555%200199',
    `Name: Canaria\nMail: ${canaries[0]}\n`,
    `<order><name>Canaria</name><ip>${canaries[3]}</ip></order>`,
    '{"first_name": "Canaria',
    String.raw`{"x":"canary\u0040example.org","na\u006de":"Canaria"`,
    JSON.stringify(Array(101).fill(plantedEverywhere('order.paid'))),
    `{"email":"${canaries[0]}","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  ]
  for (const body of bodies) {
    const refused = openMessage(body, options)
    expect(refused[0]?.ok).toBe(false)
    const text = JSON.stringify(refused)
    expect(text.match(plantedPattern)).toBeNull()
  }
})

test('ids, times, amounts and names of shows stay as they are', () => {
  const event = example('event.updated')
  event.event_id = '+1 555 123 4567'
  fields(event.data).name = 'Who’s Afraid of 1984? Act 3.14'
  event.ticket_ids = ['10.0.0.1']
  event.extra = {
    sku: '2016-07-01-0001',
    at: '2026-07-01T19:30:00+04:00',
    v: 'v1.2.3.4',
    show_name: 'Hamlet',
  }
  const opened = openEvent(event, { ...options, index: 0 })
  expect(opened).toMatchObject({ ok: true, raw: { ...event, actor: expect.anything() } })
})

test.each([
  ['mail jane.doe+x@mail.example.co.uk!', 'mail [email]!'],
  ['jürgen@müller.de', '[email]'],
  ['q?e=jane%40x.org&b=1', 'q?e=[email]&b=1'],
  ['+49 (0) 170 / 555-0199', '[phone]'],
  ['+15551234567', '[phone]'],
  ['(555) 123-4567 or 555-123-4567', '[phone] or [phone]'],
  ['from 10.0.0.1.', 'from [ip].'],
  ['10.0.0.1:8080', '[ip]:8080'],
  ['[2001:db8::1]:80', '[[ip]]:80'],
  ['at:2001:db8::1', 'at:[ip]'],
  ['::ffff:10.0.0.1', '[ip]'],
  ['1:2:3:4:5:6:7:8', '[ip]'],
  ['card 4111 1111 1111 1111, 3782-822463-10005.', 'card [card], [card].'],
  ['5500000000000004', '[card]'],
  ['postgres://app:pa55:word@db/prod', 'postgres://[removed]@db/prod'],
  ['sent as Bearer abcdef0123456789abc', 'sent as Bearer [token]'],
  ['password = hunter2; api-key:x1', 'password = [removed]; api-key:[removed]'],
])('%s becomes %s', (text, clean) => {
  expect(scrubValue(text)).toBe(clean)
  expect(scrubValue(clean)).toBe(clean)
  expect(scrubText(text)).toBe(clean)
})

test.each([
  '19:30:00',
  '2026-07-01T19:30:00.123-04:00',
  '1.5',
  '12.50 + 3',
  'order 20160701-000123',
  'a::std',
  'std::add',
  'foo::add',
  'C++ 11',
  '550e8400-e29b-41d4-a716-446655440000',
  '999.999.999.999',
  '+5',
  '01J00000000000000000000000',
  '4111 1111 1111 1112',
  '1700000000000',
  '5500000000000004-2',
  'https://shop.example/a:b@c',
  'the bearer of bad news',
  'Basic training',
  'the secret of the old key',
])('%s stays', (text) => expect(scrubValue(text)).toBe(text))

test('keys tell whether a field is personal', () => {
  const personal =
    'email e-mail customerEmail phone_number tel ip remote_addr firstName Last-Name name buyer_name nameOnCard street zip userAgent username date_of_birth'
  const plain =
    'show_name event_name ticket_type sku hostel shipment description tip zipline file_name category gate channel'
  for (const key of personal.split(' ')) expect([key, isPersonalKey(key)]).toEqual([key, true])
  for (const key of plain.split(' ')) expect([key, isPersonalKey(key)]).toEqual([key, false])
})

test('a pseudonym is the same for a person at a venue and another elsewhere', () => {
  const one = pseudonymOf('secret', 'v1', 'jane')
  expect(one).toMatch(/^c_[A-Za-z0-9_-]{22}$/)
  expect(pseudonymOf('secret', 'v1', 'jane')).toBe(one)
  expect(pseudonymOf('secret', 'v2', 'jane')).not.toBe(one)
  expect(pseudonymOf('other', 'v1', 'jane')).not.toBe(one)
})

test('only a trusted sender may name a person by pseudonym', () => {
  const mine = pseudonymOf('secret', 'v-palace', 'jane')
  const event = { ...example('order.paid'), actor: { customer_id: mine } }
  const stranger = openEvent(event, { ...options, index: 0 })
  const own = openEvent(event, { ...options, index: 0, trusted: true })
  expect(stranger.ok && stranger.event.actor?.customer_id).not.toBe(mine)
  expect(own.ok && own.event.actor?.customer_id).toBe(mine)
})
