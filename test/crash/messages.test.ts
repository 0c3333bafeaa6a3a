import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs'
import { handler as tendMessages } from '../../functions/schedule/tend-messages.ts'
import { withTenantJob } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { newWebhookSecret } from '../../lib/messages/contact-point.ts'
import { handOver } from '../../lib/messages/hand-over.ts'
import { unique } from '../support/events.ts'
import { addTarget, ownNotifications, written } from '../support/messages.ts'
import { closeStores, context } from '../support/service.ts'
import { startSink } from '../support/sink.ts'
import { type DeathOfWorker, type MessagesWorker, messagesWorker } from './messages-workers.ts'
import { depthOf } from './queue.ts'
import { waitFor } from './wait.ts'

type Death = DeathOfWorker | 'while the receiver has the request'
/** Where a worker dies, how often the receiver was asked by then, and how often in the end. */
const deaths: { death: Death; before: number; after: number }[] = [
  { death: 'before the claim is committed', before: 0, after: 1 },
  { death: 'between the claim and the request', before: 0, after: 1 },
  { death: 'while the receiver has the request', before: 1, after: 2 },
  { death: 'before the outcome is committed', before: 1, after: 2 },
  { death: 'before the queue message is deleted', before: 1, after: 1 },
]
const together = 10

const venue = unique('v')
const workers: MessagesWorker[] = []
const spare: MessagesWorker[] = []
let sink: Awaited<ReturnType<typeof startSink>>
let place: string
/** Whom the receiver kills when so many requests have come, before it answers the last of them. */
let victim: { worker: MessagesWorker; at: number } | undefined

// Before the queue is deleted.
afterAll(async () => {
  for (const worker of workers) worker.kill()
  await Promise.all(workers.map(({ gone }) => gone))
})
ownNotifications()
beforeAll(async () => {
  sink = await startSink((response, nth) => {
    if (nth === victim?.at) victim.worker.kill()
    else response.end()
  })
  process.env.WEBHOOK_ALLOWED_HOSTS = `127.0.0.1:${sink.port}`
  place = await addTarget(venue, { kind: 'webhook', url: sink.url, secret: newWebhookSecret() })
  for (let i = 0; i < deaths.length + 3; i += 1) workers.push(messagesWorker())
  spare.push(...workers)
})
afterAll(() => {
  sink.close()
  return closeStores()
})

const timesOf = (key: string): number =>
  sink.received.filter(({ headers }) => headers['webhook-id'] === key).length
const queueUrl = () => process.env.NOTIFICATIONS_QUEUE_URL ?? ''

/** Hands messages over as one, and has a worker of its own die at them. */
async function dieOf(ids: string[], death: Death, requests = 1): Promise<void> {
  const worker = spare.shift()
  if (!worker) throw new Error('there are too few workers')
  const isKilled = death === 'while the receiver has the request'
  if (isKilled) victim = { worker, at: sink.received.length + requests }
  await handOver(venue, [{ ids, waitSeconds: 0 }])
  await worker.begin(isKilled ? null : death)
  expect([death, await worker.gone]).toEqual([death, 'SIGKILL'])
  victim = undefined
  // What it held comes back when we say so: nobody else takes it for its own.
  expect(worker.received).toHaveLength(1)
}

/** What the dead held is back in the queue, their leases are over and the clock ticks. */
async function passTime() {
  for (const { received } of workers) {
    for (const ReceiptHandle of received) {
      const back = { QueueUrl: queueUrl(), ReceiptHandle, VisibilityTimeout: 0 }
      await sqs().send(new ChangeMessageVisibilityCommand(back))
    }
  }
  await withTenantJob(
    venue,
    (tx) => tx`
      update messages set claimed_until = claimed_until - interval '2 min' where venue_id = ${venue}`,
  )
  await tendMessages({} as never, context, {} as never)
}

const statesOf = () =>
  withTenantJob(
    venue,
    (tx) => tx<{ dedupeKey: string; status: string }[]>`
      select dedupe_key, status from messages where venue_id = ${venue}`,
  )

test('a message is delivered once or twice, always under its key, wherever its worker was killed', async () => {
  for (const [i, { death, before }] of deaths.entries()) {
    await dieOf([await written(venue, place, { dedupeKey: `death-${i}` })], death)
    expect([death, timesOf(`death-${i}`)]).toEqual([death, before])
  }
  const keys = Array.from({ length: together }, (_, i) => `together-${i}`)
  const ids: string[] = []
  for (const dedupeKey of keys) ids.push(await written(venue, place, { dedupeKey }))
  await dieOf(ids, 'while the receiver has the request', together / 2)
  const status = Object.fromEntries((await statesOf()).map((one) => [one.dedupeKey, one.status]))
  expect(deaths.map((_, i) => status[`death-${i}`])).toEqual([
    ...['pending', 'pending', 'pending', 'pending', 'sent'],
  ])
  expect(keys.map((key) => status[key])).toEqual(keys.map(() => 'pending'))

  await passTime()
  for (const worker of spare) await worker.begin()
  await waitFor('all is sent', 20_000, async () =>
    (await statesOf()).every((one) => one.status === 'sent'),
  )
  await waitFor('the queue is empty', 10_000, async () => (await depthOf(queueUrl())) === 0)

  for (const [i, { death, after }] of deaths.entries()) {
    expect([death, timesOf(`death-${i}`)]).toEqual([death, after])
  }
  const counts = keys.map(timesOf)
  expect([Math.min(...counts), Math.max(...counts)]).toEqual([1, 2])
  const seen = new Set(sink.received.map(({ headers }) => headers['webhook-id']))
  expect(seen.size).toBe(deaths.length + together)
}, 60_000)
