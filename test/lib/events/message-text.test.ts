import { openEvent } from '../../../lib/events/door.ts'
import { messageText } from '../../../lib/events/message-text.ts'

test('every character passes a queue, and reads the same behind it', () => {
  const event = { note: '🎭 \uFFFE\uFFFF \u0001 "quoted" é 漢' }
  const text = messageText(event)
  expect(text).toMatch(/^[\t\n\r\x20-\uD7FF\uE000-\uFFFD]*$/)
  expect(JSON.parse(text)).toEqual(event)
})

test('an address used as an id gives way to a pseudonym that joins as well', () => {
  const order = (eventId: string) => ({
    event_id: eventId,
    type: 'order.cancelled',
    venue_id: 'v',
    occurred_at: '2026-06-01T12:00:00Z',
    data: { order_id: 'jane.doe@example.com' },
  })
  const options = { messageId: 'm', now: new Date(), secret: 'a secret of sixteen', index: 0 }
  const [one, two] = ['e1', 'jane@example.com'].map((id) => openEvent(order(id), options))
  if (!one?.ok || !two?.ok) throw new Error('both are good events')
  expect(JSON.stringify([one.raw, two.raw])).not.toContain('@')
  expect(one.raw.data).toEqual(two.raw.data)
  const again = openEvent(two.raw, { ...options, trusted: true })
  expect(again.fingerprint).toBe(two.fingerprint)
})
