import { fork } from 'node:child_process'
import { once } from 'node:events'
import { ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { ScheduledEvent } from 'aws-lambda'
import { handler as aggregateVenue } from '../../functions/queue/aggregate-venue.ts'
import { handler as aggregate } from '../../functions/schedule/aggregate.ts'
import { handler as catchUp } from '../../functions/schedule/catch-up.ts'
import { handler as redrive } from '../../functions/schedule/redrive-dead-letters.ts'
import { withTenantJob } from '../../lib/clients/postgres.ts'
import { config } from '../../lib/config.ts'
import { areDaysStale, outboxOf } from '../oracle/rows.ts'
import { forgetWindows, tick, windowsOf } from '../oracle/windows.ts'
import { deliverWith } from '../oracle/workers.ts'
import { dropDatabases, migratedDatabase } from '../support/databases.ts'
import { delivery, event, paid, unique } from '../support/events.ts'
import { ownQueue } from '../support/queue.ts'
import { ask, closeStores, context, deliver } from '../support/service.ts'

const sqs = new SQSClient({})
const ten = <T>(work: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: 10 }, work))
const clock = {} as ScheduledEvent

let addresses: Record<string, string>
beforeAll(async () => {
  const { app, job } = await migratedDatabase()
  addresses = { DATABASE_URL: app, DATABASE_JOB_URL: job }
  // Ten connections, so that ten ticks are at work at once.
  Object.assign(config('postgres'), { ...addresses, DATABASE_POOL_SIZE: 10 })
  process.env.AGGREGATE_VENUE_QUEUE_URL = await ownQueue()
  process.env.EVENTS_DEAD_LETTER_QUEUE_URL = await ownQueue()
  await ownQueue()
})
afterAll(async () => {
  sqs.destroy()
  await closeStores()
  await dropDatabases()
})

/** How often the windows of a venue were committed. */
const commitsOf = (venueId: string) =>
  withTenantJob(venueId, async (tx) => {
    const [row] = await tx<{ token: string }[]>`
      select token from aggregations where venue_id = ${venueId}`
    return Number(row?.token ?? 0)
  })

/** The bodies of all messages of a queue. */
async function bodiesOf(queue: string | undefined): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const { Messages: found = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
      }),
    )
    if (found.length === 0) return bodies
    bodies.push(...found.map(({ Body }) => Body ?? ''))
  }
}

test('ten ticks of the aggregation at once name each venue, and each is committed once', async () => {
  const venues = Array.from({ length: 12 }, () => unique('v'))
  await deliver(...venues.map((venue) => paid(venue)))
  for (const counts of await ten(() => aggregate(clock, context))) {
    expect(counts).toEqual({ venues: 12 })
  }
  const bodies = await bodiesOf(process.env.AGGREGATE_VENUE_QUEUE_URL)
  expect(bodies).toHaveLength(120)
  await Promise.all(bodies.map((body) => aggregateVenue(delivery(body), context)))
  expect(await Promise.all(venues.map(commitsOf))).toEqual(venues.map(() => 1))
})

test('ten ticks of the catch-up at once make days anew once, and lose no raw copy', async () => {
  const venue = unique('v')
  await deliver(paid(venue), paid(venue))
  const away = { ...addresses, MONGODB_URI: 'mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100' }
  const moved = event(venue, 'venue.updated', {
    data: { timezone: 'Asia/Kathmandu', currency: 'USD' },
  })
  expect((await deliverWith(away, moved, paid(venue))).failed).toEqual([])
  expect([await areDaysStale(venue), await outboxOf(venue)]).toEqual([true, 2])
  const counts = await ten(() => catchUp(clock, context))
  expect(counts.reduce((sum, { rebuilt = 0 }) => sum + rebuilt, 0)).toBe(1)
  expect(counts.map(({ failed }) => failed)).toEqual(counts.map(() => 0))
  expect([await areDaysStale(venue), await outboxOf(venue)]).toEqual([false, 0])
  const told = await ask(venue, 'orders', { from: '2026-06-01', to: '2026-06-03' })
  expect(told.series[0]?.points.map(({ value }) => value)).toEqual([3, 0])
})

test('ten ticks of the redrive at once send each dead letter again once', async () => {
  const orders = Array.from({ length: 30 }, () => paid(unique('v')))
  for (let at = 0; at < orders.length; at += 10) {
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: process.env.EVENTS_DEAD_LETTER_QUEUE_URL,
        Entries: orders.slice(at, at + 10).map((order, i) => ({
          Id: String(i),
          MessageBody: JSON.stringify(order),
        })),
      }),
    )
  }
  const counts = await ten(() => redrive(clock, context))
  expect(counts.reduce((sum, { redriven = 0 }) => sum + redriven, 0)).toBe(30)
  const sent = (await bodiesOf(process.env.EVENTS_QUEUE_URL)).map((body) => JSON.parse(body))
  expect(sent.map((one) => one.event_id).sort()).toEqual(orders.map((one) => one.event_id).sort())
})

// Where a tick dies: in its lease, its windows, its sums of shows, its progress, before its commit,
// and after it, when the sums are in Mongo and not yet marked.
const deaths = [
  'insert into aggregations',
  'insert into windows',
  'insert into show_totals',
  'update aggregations',
  '^commit',
]

test('a tick that is killed leaves no half window, and the next one completes it', async () => {
  const venue = unique('v')
  await deliver(
    paid(venue),
    paid(venue, { occurred_at: new Date(Date.now() - 60_000).toISOString() }),
  )
  await tick(venue)
  const before = await windowsOf(venue)
  await deliver(paid(venue), paid(venue, { occurred_at: '2026-03-03T12:00:00Z' }))
  for (const dieAt of deaths) {
    expect([dieAt, await dieIn(venue, dieAt)]).toEqual([dieAt, 'SIGKILL'])
    expect([dieAt, await windowsOf(venue), await commitsOf(venue)]).toEqual([dieAt, before, 1])
  }
  expect(await dieIn(venue, 'update show_totals t')).toBe('SIGKILL')
  expect(await commitsOf(venue)).toBe(2)
  await tick(venue)
  const made = await windowsOf(venue)
  expect(made.length).toBeGreaterThan(before.length)
  await forgetWindows(venue)
  await tick(venue)
  expect(await windowsOf(venue)).toEqual(made)
}, 120_000)

/** One tick in a process of its own; resolves to the signal it ended with. */
async function dieIn(venue: string, dieAt: string): Promise<string | null> {
  const child = fork('test/oracle/aggregate-worker.mjs', [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...addresses, VENUE: venue, DIE_AT: dieAt },
  })
  const [, signal] = await once(child, 'exit')
  return signal
}
