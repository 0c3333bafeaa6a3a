import { fingerprintOf, openEvent } from '../../../lib/events/door.ts'
import {
  aliases,
  eventTypes,
  jsonSchemas,
  mongoValidator,
  registry,
  schemaOf,
} from '../../../lib/events/registry.ts'

const options = {
  messageId: 'm-1',
  now: new Date('2026-06-02T00:00:00Z'),
  secret: 'a secret of the test',
  index: 0,
}

test('the registry has the types of the contract', () => {
  expect(eventTypes.toSorted()).toEqual(
    [
      'order.paid order.cancelled refund.completed chargeback.opened chargeback.closed',
      'ticket.scanned ticket.transferred inventory.snapshot event.updated venue.updated',
      'metric.recorded page.viewed search.performed cart.updated cart.abandoned checkout.started',
      'checkout.step checkout.failed campaign.touch user.action orders.checksum',
    ]
      .join(' ')
      .split(' ')
      .toSorted(),
  )
})

test.each(eventTypes)('the example of %s is a valid event', (type) => {
  const example = registry.get(type)?.example
  const opened = openEvent(example, options)
  expect(opened).toMatchObject({ ok: true, event: { type, version: 1, test_mode: false } })
})

test.each(Object.entries(aliases))('%s is another name of %s', (alias, type) => {
  const example = registry.get(type)?.example
  const opened = openEvent({ ...example, type: alias }, options)
  expect(opened).toMatchObject({ ok: true, event: { type }, raw: { type } })
  expect(opened.fingerprint).toBe(openEvent(example, options).fingerprint)
  expect(schemaOf(alias)).toBe(schemaOf(type))
})

test('registry, archive and published schemas name the same types', () => {
  const { enum: archived } = mongoValidator().$jsonSchema.properties.event_type
  expect(archived).toEqual(eventTypes)
  expect(Object.keys(jsonSchemas())).toEqual(eventTypes)
  expect([...registry.keys()]).toEqual(eventTypes)
})

test('a published schema is of the whole envelope and lets unknown fields be', () => {
  const schema = jsonSchemas()['order.paid']
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: expect.arrayContaining(['event_id', 'type', 'venue_id', 'occurred_at', 'data']),
    properties: { type: { const: 'order.paid' }, occurred_at: { format: 'date-time' } },
  })
  expect(schema.required).not.toContain('version')
  expect(JSON.stringify(jsonSchemas())).not.toContain('"additionalProperties":false')
})

test('unknown fields are kept in the raw copy and are not in the event', () => {
  const example = registry.get('order.paid')?.example
  const opened = openEvent(
    { ...example, colour: 'red', event_ref: { event_id: 'e', x: 1 } },
    options,
  )
  expect(opened).toMatchObject({ ok: true, raw: { colour: 'red', event_ref: { x: 1 } } })
  expect(opened.ok && 'colour' in opened.event).toBe(false)
})

test('the fingerprint does not see sent_at, trace_id and the order of fields', () => {
  const example = registry.get('order.paid')?.example ?? {}
  const turned = Object.fromEntries(Object.entries(example).toReversed())
  expect(fingerprintOf({ ...turned, sent_at: 'x', trace_id: 'y' })).toBe(fingerprintOf(example))
  expect(fingerprintOf({ ...turned, source: 'web' })).not.toBe(fingerprintOf(example))
})
