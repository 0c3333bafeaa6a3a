import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { SQSBatchResponse } from 'aws-lambda'
import { handler as sendMessage } from '../../functions/queue/send-message.ts'
import { handler as tendMessages } from '../../functions/schedule/tend-messages.ts'
import { observeStatements, withTenantJob } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { newWebhookSecret } from '../../lib/messages/contact-point.ts'
import { handOver } from '../../lib/messages/hand-over.ts'
import { writeMessage } from '../../lib/messages/write.ts'
import { deliveryOf } from '../oracle/own-queue.ts'
import { unique } from '../support/events.ts'
import { addTarget, ownNotifications } from '../support/messages.ts'
import { closeStores, context } from '../support/service.ts'
import { startSink } from '../support/sink.ts'
import { type ChaosProxy, chaosProxy, type Weather } from './chaos-proxy.ts'

const stores = ['postgres', 'mongo', 'redis', 'queue'] as const
type Store = (typeof stores)[number]
const steps = ['written', 'handed over', 'claimed', 'sent', 'noted'] as const
type Step = (typeof steps)[number]

const away: Weather = { kind: 'away' }
/** What is asked is done, and no answer comes. */
const unanswered: Weather = { kind: 'resets', afterBytes: 0 }

const ways: [Store, string[]][] = [
  ['postgres', ['DATABASE_URL', 'DATABASE_JOB_URL']],
  ['mongo', ['MONGODB_URI']],
  ['redis', ['UPSTASH_REDIS_REST_URL']],
  ['queue', ['AWS_ENDPOINT_URL', 'EVENTS_QUEUE_URL']],
]
const proxies = new Map<Store, ChaosProxy>()
const venue = unique('v')
let sink: Awaited<ReturnType<typeof startSink>>
let place: string
/** What is to happen when a statement is sent, or when the receiver has a request. */
let onStatement = (_statement: string) => {}
let onRequest = () => {}

beforeAll(async () => {
  for (const [store, [first = '', ...others]] of ways) {
    const { hostname, port } = new URL(process.env[first] ?? '')
    const proxy = await chaosProxy({ host: hostname, port: Number(port) })
    proxies.set(store, proxy)
    for (const name of [first, ...others]) {
      process.env[name] = proxy.through(process.env[name] ?? '').replace(/(?<=:\d+)\/$/, '')
    }
  }
  sink = await startSink((response) => {
    onRequest()
    response.end()
  })
  process.env.WEBHOOK_ALLOWED_HOSTS = `127.0.0.1:${sink.port}`
  observeStatements((statement) => onStatement(statement))
})
ownNotifications()
beforeAll(async () => {
  place = await addTarget(venue, { kind: 'webhook', url: sink.url, secret: newWebhookSecret() })
})
afterAll(async () => {
  await closeStores()
  await Promise.all([...proxies.values()].map((proxy) => proxy.close()))
  sink.close()
})

const isBack = () =>
  Promise.all([...proxies.values()].map((proxy) => proxy.become({ kind: 'pass' })))

/** Has a store meet a weather when a message comes to a step; whether it has come. */
function strikeAt(step: Step, store: Store, weather: Weather) {
  const state = { step: 'written' as Step, isStruck: false }
  const strike = () => {
    if (state.isStruck) return
    state.isStruck = true
    proxies.get(store)?.become(weather)
  }
  onStatement = (statement) => {
    const isMoment = weather === unanswered ? statement === 'commit' : !/^begin/.test(statement)
    if (step === state.step && isMoment) strike()
    // The worker has a transaction before the request, and one after it.
    if (statement === 'commit' && state.step === 'claimed') state.step = 'sent'
  }
  onRequest = () => {
    if (step === 'sent') strike()
    state.step = 'noted'
  }
  return {
    state,
    reach: (next: Step) => {
      state.step = next
      if (step === next && next === 'handed over') strike()
    },
  }
}

const told = (dedupeKey: string) =>
  withTenantJob(venue, (tx) =>
    writeMessage(tx, venue, {
      ...{ dedupeKey, template: 'report-failed', contactPointId: place },
      data: { name: 'Sales', dueAt: '2026-06-02', reason: 'Disk full' },
    }),
  )

async function received(): Promise<Message[]> {
  const queue = { QueueUrl: process.env.NOTIFICATIONS_QUEUE_URL }
  const { Messages = [] } = await sqs().send(
    new ReceiveMessageCommand({ ...queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
  )
  return Messages
}

/** A worker takes what is in the queue, as Lambda does. */
async function work() {
  for (let some = await received(); some.length > 0; some = await received()) {
    const answer = (await sendMessage(deliveryOf(some), context)) as SQSBatchResponse
    const again = answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
    for (const { MessageId = '', ReceiptHandle } of some) {
      const done = { QueueUrl: process.env.NOTIFICATIONS_QUEUE_URL, ReceiptHandle }
      if (!again.includes(MessageId)) await sqs().send(new DeleteMessageCommand(done))
    }
  }
}

/** Leases end, the clock ticks and a worker works. */
async function tick() {
  await withTenantJob(
    venue,
    (tx) => tx`
      update messages set claimed_until = claimed_until - interval '2 min' where venue_id = ${venue}`,
  )
  await tendMessages({} as never, context, {} as never)
  await work()
}

/** A message on its way, with an outage in the middle; how often the receiver was asked. */
async function deliveredThrough(step: Step, store: Store, weather: Weather): Promise<number> {
  const key = unique('k')
  const { state, reach } = strikeAt(step, store, weather)
  let written = await told(key).catch(() => undefined)
  if (!written) {
    // Whoever tells does not know whether it is written, and tells it again.
    expect([store, step]).toEqual(['postgres', 'written'])
    await isBack()
    written = await told(key)
  }
  reach('handed over')
  await handOver(venue, [written])
  reach('claimed')
  await work().catch(() => {})
  expect(state.isStruck).toBe(true)
  await isBack()
  await tick()
  await tick()
  const rows = await withTenantJob(
    venue,
    (tx) => tx<{ status: string }[]>`
      select status from messages where venue_id = ${venue} and dedupe_key = ${key}`,
  )
  expect(rows.map(({ status }) => status)).toEqual(['sent'])
  return sink.received.filter(({ headers }) => headers['webhook-id'] === key).length
}

describe.each(steps)('while a message is %s', (step) => {
  const isSent = step === 'sent' || step === 'noted'

  test('it survives that Postgres is away: it is there after that, once or, where nobody knows, twice', async () => {
    expect(await deliveredThrough(step, 'postgres', away)).toBe(isSent ? 2 : 1)
  })

  test('it survives that SQS is away: the clock names it, and it is there once', async () => {
    expect(await deliveredThrough(step, 'queue', away)).toBe(1)
  })

  test.each(['mongo', 'redis'] as const)(
    'it has no use for %s, and is there once without it',
    async (store) => {
      expect(await deliveredThrough(step, store, away)).toBe(1)
    },
  )
})

test.each(['written', 'claimed', 'noted'] as const)(
  'a message that is %s by a commit whose answer is lost is there once',
  async (step) => {
    expect(await deliveredThrough(step, 'postgres', unanswered)).toBe(1)
  },
)
