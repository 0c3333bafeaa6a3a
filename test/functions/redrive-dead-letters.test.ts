import { ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { ScheduledEvent } from 'aws-lambda'
import { handler as redrive } from '../../functions/schedule/redrive-dead-letters.ts'
import { firstIdAttribute } from '../../lib/message-attributes.ts'
import { paid, unique } from '../support/events.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores, context, total } from '../support/service.ts'
import { startWorker } from '../support/worker.ts'

const sqs = new SQSClient({})
let deadLetters = ''

beforeAll(async () => {
  deadLetters = await ownQueue()
  process.env.EVENTS_DEAD_LETTER_QUEUE_URL = deadLetters
  await ownQueue()
})
afterAll(async () => {
  sqs.destroy()
  await closeStores()
})

test('dead letters are sent again under their first id, and each counts once', async () => {
  const venue = unique('v')
  const orders = Array.from({ length: 12 }, () => paid(venue))
  const flat = {
    venue_id: venue,
    event_type: 'ticket_purchase',
    timestamp: '2026-06-01T12:00:00Z',
    metadata: { quantity: 1, price: 5 },
  }
  for (const some of [orders.slice(0, 6), [...orders.slice(6), flat]]) {
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: deadLetters,
        Entries: some.map((body, i) => ({ Id: String(i), MessageBody: JSON.stringify(body) })),
      }),
    )
  }
  expect(await redrive({} as ScheduledEvent, context)).toEqual({ redriven: 13 })
  expect(await redrive({} as ScheduledEvent, context)).toEqual({ redriven: 0 })

  const [letter] =
    (
      await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: process.env.EVENTS_QUEUE_URL,
          MessageAttributeNames: ['All'],
          VisibilityTimeout: 0,
        }),
      )
    ).Messages ?? []
  expect(letter?.MessageAttributes?.[firstIdAttribute]?.StringValue).toMatch(/^[0-9a-f-]{36}$/)

  const worker = startWorker()
  // Until all are counted: the queue hands them out when it likes.
  for (let orders = 0; orders !== 13; ) orders = (await total(venue, 'orders')) ?? 0
  await worker.stop()
  expect(await total(venue, 'gross_revenue')).toBe(12 * 9100 + 500)
})
