import { setTimeout as sleep } from 'node:timers/promises'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { within } from '../../lib/deadline.ts'
import { clientConfig } from '../../local/aws-resources.ts'
import { signToken } from '../../local/keys.ts'
import type { System } from './system.ts'

/** An order told to the service. It is the platform's until the service has taken it. */
export type Told = {
  eventId: string
  venueId: string
  amountMinor: number
  occurredAt: string
  acceptedAt?: number
}
/** An answer of the gateway. */
export type Sample = { from: number; to: number; status: number; body: Record<string, unknown> }
export type Traffic = Awaited<ReturnType<typeof startTraffic>>

const betweenEventsMs = 200
const betweenQuestionsMs = 500
const largestSend = 10
const patienceMs = 20_000
const takenMs = 120_000

/**
 * Orders without pause for two venues, one by the queue and one by POST: what is not taken is sent
 * again, as a platform does. Meanwhile /ready and a venue's orders are asked for again and again.
 */
export async function startTraffic(system: System, name: string) {
  const venues = { queue: `${name}-queue`, post: `${name}-post` }
  const token = await signToken(
    system.home,
    'outages',
    { venues: { [venues.queue]: 'manager', [venues.post]: 'manager' } },
    '1h',
  )
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const sqs = new SQSClient({
    ...clientConfig({ ...system.stack.aws, endpoint: system.awsEndpoint }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 2000,
      requestTimeout: patienceMs,
      throwOnRequestTimeout: true,
    },
  })
  const producing = new AbortController()
  const asking = new AbortController()
  const told: Told[] = []
  const ready: Sample[] = []
  const orders: Sample[] = []
  const posts: Sample[] = []

  async function ask(path: string, init: RequestInit = {}): Promise<Sample> {
    const from = Date.now()
    const answer = await fetch(system.http + path, {
      headers,
      signal: AbortSignal.timeout(patienceMs),
      ...init,
    }).catch(() => undefined)
    const body = (await answer?.json().catch(() => ({}))) as Record<string, unknown> | undefined
    return { from, to: Date.now(), status: answer?.status ?? 0, body: body ?? {} }
  }

  async function sendToQueue(some: Told[]) {
    const command = new SendMessageBatchCommand({
      QueueUrl: system.eventsQueueUrl,
      Entries: some.map((one, i) => ({ Id: String(i), MessageBody: JSON.stringify(eventOf(one)) })),
    })
    const answer = await sqs.send(command).catch(() => undefined)
    const taken = new Set(answer?.Successful?.map(({ Id }) => Id))
    return some.filter((_, i) => taken.has(String(i)))
  }

  async function post(some: Told[]) {
    const body = JSON.stringify(some.map(eventOf))
    const sample = await ask('/v1/ingest/events', { method: 'POST', body })
    posts.push(sample)
    return sample.status === 202 && sample.body.accepted === some.length ? some : []
  }

  async function produce(venueId: string, send: (some: Told[]) => Promise<Told[]>) {
    let waiting: Told[] = []
    let made = 0
    const making = (async () => {
      for (; !producing.signal.aborted; await sleep(betweenEventsMs)) {
        const one = orderOf(venueId, made)
        made += 1
        told.push(one)
        waiting.push(one)
      }
    })()
    while (!producing.signal.aborted || waiting.length > 0) {
      // One request at a time, as one thread of a platform does.
      const taken = new Set(await send(waiting.slice(0, largestSend)))
      const now = Date.now()
      for (const one of taken) one.acceptedAt = now
      waiting = waiting.filter((one) => !taken.has(one))
      await sleep(taken.size > 0 ? betweenEventsMs / 2 : 500)
    }
    await making
  }

  async function keepAsking(samples: Sample[], path: string) {
    for (; !asking.signal.aborted; await sleep(betweenQuestionsMs)) samples.push(await ask(path))
  }

  const ordersOf = (venueId: string, metric: string) =>
    `/v1/venues/${venueId}/metrics/${metric}?${new URLSearchParams({
      from: day(-1),
      to: day(2),
      granularity: 'none',
    })}`
  const producers = [produce(venues.queue, sendToQueue), produce(venues.post, post)]
  const askers = [keepAsking(ready, '/ready'), keepAsking(orders, ordersOf(venues.queue, 'orders'))]
  return {
    venues: Object.values(venues),
    /** The venue whose orders are asked for. */
    asked: venues.queue,
    told,
    ready,
    orders,
    posts,
    /** The total of a metric, asked once. */
    total: async (venueId: string, metric: string) =>
      (await ask(ordersOf(venueId, metric))).body.total,
    /** No new orders; resolves when the service has taken all that were told, throws when it never does. */
    async finishTelling() {
      producing.abort()
      await within(takenMs, Promise.all(producers)).catch((error) => {
        const last = JSON.stringify(posts.at(-1))
        const waiting = told.filter((one) => one.acceptedAt === undefined).length
        throw new Error(`${waiting} orders are not taken; the last POST: ${last}`, { cause: error })
      })
    },
    async stop() {
      asking.abort()
      await Promise.all(askers)
      sqs.destroy()
    },
  }
}

const day = (offset: number) =>
  new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)

/** The nth order of a venue; its payload is the same however often it is sent. */
export const orderOf = (venueId: string, n: number): Told => ({
  eventId: `${venueId}-${n}`,
  venueId,
  amountMinor: 1000 + (n % 97),
  occurredAt: new Date().toISOString(),
})

/** The event of an order, as the platform tells it. */
export const eventOf = ({ eventId, venueId, amountMinor, occurredAt }: Told) => ({
  event_id: eventId,
  type: 'order.paid',
  version: 1,
  venue_id: venueId,
  occurred_at: occurredAt,
  data: {
    order_id: eventId,
    currency: 'USD',
    items: [{ ticket_type_id: 'stalls', quantity: 1, unit_price_minor: amountMinor }],
  },
})
