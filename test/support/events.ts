import { randomUUID } from 'node:crypto'
import type { SQSEvent } from 'aws-lambda'

/** An event as the platform sends it; what is not given is made up. */
export type Sent = Record<string, unknown> & { event_id: string; venue_id: string; type: string }

let made = 0

/** An id that no other test uses. */
export const unique = (prefix: string): string => {
  made += 1
  return `${prefix}-${randomUUID().slice(0, 8)}-${made}`
}

type Told = Partial<Sent> & { data?: object }

/** An event of any type at noon of 2026-06-01 in New York, unless told otherwise. */
export const event = (venueId: string, type: string, told: Told = {}): Sent => ({
  event_id: unique('e'),
  type,
  version: 1,
  venue_id: venueId,
  occurred_at: '2026-06-01T12:00:00-04:00',
  event_ref: { event_id: 'show-1' },
  context: { channel: 'online' },
  source: 'checkout',
  data: {},
  ...told,
})

/** One paid line: two tickets at 45.50 unless told otherwise. */
export const paid = (venueId: string, told: Told = {}, line: object = {}): Sent =>
  event(venueId, 'order.paid', {
    ...told,
    data: {
      order_id: unique('o'),
      currency: 'USD',
      items: [{ ticket_type_id: 'stalls', quantity: 2, unit_price_minor: 4550, ...line }],
      ...told.data,
    },
  })

/** A delivery of the queue: one record for each body. */
export const delivery = (...bodies: unknown[]): SQSEvent => ({
  Records: bodies.map((body) => ({
    messageId: randomUUID(),
    receiptHandle: randomUUID(),
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 'platform',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:turnout-events-local',
    awsRegion: 'us-east-1',
  })),
})
