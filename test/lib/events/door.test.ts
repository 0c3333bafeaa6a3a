import { openEvent, openMessage } from '../../../lib/events/door.ts'
import type { Json, JsonObject } from '../../../lib/events/json.ts'
import { type EventType, registry } from '../../../lib/events/registry.ts'

const options = {
  messageId: 'm-1',
  now: new Date('2026-06-02T00:00:00Z'),
  secret: 'a secret of the test',
}
const paid = () => structuredClone(registry.get('order.paid')?.example) as JsonObject
const open = (value: unknown) => openEvent(value, { ...options, index: 0 })

function changed(path: string, value: unknown, type: EventType = 'order.paid') {
  const event = structuredClone(registry.get(type)?.example) as JsonObject
  const keys = path.split('.')
  const last = keys.pop() as string
  const parent = keys.reduce((inner, key) => inner[key] as JsonObject, event)
  if (value === undefined) delete parent[last]
  else parent[last] = value as Json
  return event
}

describe('a bad value is refused with its code and its path', () => {
  const max = Number.MAX_SAFE_INTEGER
  test.each([
    ['venue_id', undefined, 'missing_venue'],
    ['venue_id', 'a b', 'missing_venue'],
    ['venue_id', 'v'.repeat(65), 'missing_venue'],
    ['venue_id', 7, 'missing_venue'],
    ['type', undefined, 'unknown_type'],
    ['type', 'order.eaten', 'unknown_type'],
    ['type', 'constructor', 'unknown_type'],
    ['type', 7, 'unknown_type'],
    ['version', 2, 'unknown_version'],
    ['version', '1', 'unknown_version'],
    ['event_id', undefined, 'invalid'],
    ['event_id', '', 'invalid'],
    ['event_id', 'x'.repeat(129), 'invalid'],
    ['occurred_at', undefined, 'invalid'],
    ['occurred_at', '2026-02-30T00:00:00Z', 'invalid'],
    ['occurred_at', '2026-06-01T12:00:00', 'invalid'],
    ['occurred_at', '2026-06-01', 'invalid'],
    ['occurred_at', 1467331200000, 'invalid'],
    ['occurred_at', '+275760-09-13T00:00:00Z', 'invalid'],
    ['occurred_at', '0000-01-01T00:00:00Z', 'invalid'],
    ['occurred_at', '2026-06-02T00:05:01Z', 'occurred_in_future'],
    ['occurred_at', '9999-12-31T00:00:00Z', 'occurred_in_future'],
    ['sent_at', 'yesterday', 'invalid'],
    ['source', 'radio', 'invalid'],
    ['test_mode', 'false', 'invalid'],
    ['context.channel', 'radio', 'invalid'],
    ['event_ref.event_id', undefined, 'invalid'],
    ['event_ref.timezone', 'Mars/Olympus', 'invalid'],
    ['event_ref.timezone', '+05:00', 'invalid'],
    ['actor.customer_id', 7, 'invalid'],
    ['data', undefined, 'invalid'],
    ['data', [], 'invalid'],
    ['data.order_id', undefined, 'invalid'],
    ['data.currency', undefined, 'invalid'],
    ['data.currency', 'usd', 'invalid'],
    ['data.currency', 'XXX', 'invalid'],
    ['data.items', {}, 'invalid'],
    ['data.items.0.quantity', -1, 'invalid'],
    ['data.items.0.quantity', 1.5, 'invalid'],
    ['data.items.0.quantity', '2', 'invalid'],
    ['data.items.0.quantity', null, 'invalid'],
    ['data.items.0.unit_price_minor', max + 1, 'invalid'],
    ['data.items.0.unit_price_minor', max, 'invalid'],
    ['data.items.0.unit_price_minor', -1, 'invalid'],
    ['data.items.0.unit_price_minor', undefined, 'invalid'],
    ['data.items.0.amount_minor', 5, 'invalid'],
    ['data.items.0.is_comp', 'no', 'invalid'],
    ['data.items.0.ticket_ids', 'a', 'invalid'],
    ['data.items.0.ticket_ids.1', 7, 'invalid'],
  ])('%s = %j is %s', (path, value, code) => {
    const refused = open(changed(path, value))
    expect(refused).toMatchObject({ ok: false, code, path })
    expect(refused).toMatchObject({ message: expect.stringMatching(/^[\w.]+ .{6,}\.$/) })
  })

  test.each<[EventType, string, unknown]>([
    ['refund.completed', 'data.amount_minor', 0],
    ['chargeback.opened', 'data.amount_minor', 0],
    ['ticket.scanned', 'data.result', 'maybe'],
    ['ticket.scanned', 'data.quantity', -1],
    ['ticket.scanned', 'data.direction', 'up'],
    ['ticket.transferred', 'data.state', 'lost'],
    ['venue.updated', 'data.day_start', '24:00'],
    ['venue.updated', 'data.week_start', 'Monday'],
    ['venue.updated', 'data.timezone', 'Nowhere'],
    ['event.updated', 'data.name', 'x'.repeat(301)],
    ['metric.recorded', 'data.value', '5'],
    [
      'metric.recorded',
      'data.dimensions',
      Object.fromEntries([...'abcdefghijk'].map((k) => [k, k])),
    ],
    [
      'user.action',
      'data.properties',
      Object.fromEntries([...'abcdefghijklmnopqrstu'].map((k) => [k, k])),
    ],
  ])('%s: %s = %j', (type, path, value) => {
    expect(open(changed(path, value, type))).toMatchObject({ ok: false, code: 'invalid', path })
  })
})

test('edges that are allowed are taken', () => {
  const taken = [
    changed('occurred_at', '2026-06-02T00:05:00Z'),
    changed('occurred_at', '0001-01-01t00:00:00.123456z'),
    changed('occurred_at', '2024-02-29T23:59:59.9+14:00'),
    changed('version', undefined),
    changed('data.promo_code', null),
    changed('actor.customer_id', ''),
    changed('data.items.0.quantity', 0),
    changed('data.items', [{ ticket_type_id: 'a', quantity: 3, amount_minor: 0 }]),
    changed('data.currency', 'KWD'),
  ]
  for (const event of taken) expect(open(event)).toMatchObject({ ok: true })
})

test('defaults are filled in, and the instant is given', () => {
  const event = changed('data', { scan_id: 's', result: 'ok' }, 'ticket.scanned')
  expect(open(event)).toMatchObject({
    event: {
      data: { direction: 'entry', quantity: 1 },
      occurredAt: new Date('2026-06-01T16:00:00Z'),
    },
  })
})

describe('the gate', () => {
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
  test.each([
    ['too deep', { ...paid(), x: nested(32) }, 'too_deep'],
    ['deep as an attack', { ...paid(), x: nested(100_000) }, 'too_deep'],
    ['too large', { ...paid(), x: 'é'.repeat(131_072) }, 'too_large'],
    [
      'of too many fields',
      { ...paid(), x: Object.fromEntries([...Array(20_001).keys()].entries()) },
      'too_large',
    ],
    ['with NUL in a value', { ...paid(), x: 'a\0' }, 'bad_characters'],
    ['with NUL in a key', { ...paid(), 'a\0': 1 }, 'bad_characters'],
    ['with half a pair', { ...paid(), x: ['\ud800'] }, 'bad_characters'],
    ['with half a pair in a key', { ...paid(), x: { '\udc00': 1 } }, 'bad_characters'],
    ['with half a pair before a deep end', { a: '\ud800', x: nested(100_000) }, 'bad_characters'],
    ['an array', [paid()], 'not_an_event'],
    ['null', null, 'not_an_event'],
    ['a number', 7, 'not_an_event'],
    ['with an endless number', { ...paid(), x: JSON.parse('1e400') }, 'invalid'],
  ])('an event %s is refused', (_, value, code) => {
    const refused = open(value)
    expect(refused).toMatchObject({ ok: false, code })
    expect(!refused.ok && refused.body.isWellFormed() && !refused.body.includes('\0')).toBe(true)
  })

  test('an event at the limits is taken', () => {
    expect(open({ ...paid(), x: nested(31) }).ok).toBe(true)
    const room = 256 * 1024 - JSON.stringify({ ...paid(), x: '' }).length
    expect(open({ ...paid(), x: 'x'.repeat(room) }).ok).toBe(true)
    expect(open({ ...paid(), x: 'x'.repeat(room + 1) })).toMatchObject({ code: 'too_large' })
  })

  test('fields named like prototypes do no harm', () => {
    const event = JSON.parse(
      `${JSON.stringify(paid()).slice(0, -1)},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}`,
    )
    const opened = open(event)
    expect(opened.ok).toBe(true)
    expect('polluted' in {}).toBe(false)
    expect(opened.ok && 'polluted' in opened.raw).toBe(false)
    expect(opened.ok && Object.getPrototypeOf(opened.raw)).toBe(Object.prototype)
  })
})

describe('a body', () => {
  const sns = (message: string) =>
    JSON.stringify({ Type: 'Notification', MessageId: 'n', Message: message })
  const bridge = (detail: string) =>
    `{"version":"0","detail-type":"event","source":"shop","detail":${detail}}`
  const event = JSON.stringify(paid())
  test.each([
    ['one event', event, 1],
    ['an array', `[${event},${event}]`, 2],
    ['of SNS', sns(event), 1],
    ['of SNS with an array', sns(`[${event},${event}]`), 2],
    ['of EventBridge', bridge(event), 1],
    ['of SNS in EventBridge', bridge(sns(event)), 1],
    ['of three layers', sns(bridge(sns(event))), 1],
  ])('%s is opened', (_, body, count) => {
    const opened = openMessage(body, options)
    expect(opened).toHaveLength(count)
    expect(opened.every((one) => one.ok)).toBe(true)
  })

  test.each([
    ['', 'not_json'],
    ['{', 'not_json'],
    ['[]', 'not_an_event'],
    ['null', 'not_an_event'],
    ['7', 'not_an_event'],
    ['"x"', 'not_an_event'],
    ['{}', 'missing_venue'],
    [sns('{'), 'not_json'],
    [sns(sns(sns(sns(event)))), 'not_an_event'],
    [`[${Array(101).fill(event).join(',')}]`, 'too_many_events'],
    ['['.repeat(100_000) + ']'.repeat(100_000), 'too_deep'],
  ])('%.30s is refused once', (body, code) => {
    const refused = openMessage(body, options)
    expect(refused).toMatchObject([{ ok: false, index: 0, code }])
  })

  test('one bad event of an array does not touch the others', () => {
    const bad = JSON.stringify(changed('data.items.0.quantity', -1))
    expect(openMessage(`[${event},${bad},7,${event}]`, options)).toMatchObject([
      { ok: true, index: 0 },
      { ok: false, index: 1, venueId: 'v-palace', type: 'order.paid', code: 'invalid' },
      { ok: false, index: 2, code: 'not_an_event' },
      { ok: true, index: 3 },
    ])
  })
})
