import { type Message, SendMessageCommand } from '@aws-sdk/client-sqs'
import type { ScheduledEvent } from 'aws-lambda'
import { handler as authorize } from '../../functions/http/authorize.ts'
import { handler as deadLetters } from '../../functions/http/dead-letters.ts'
import { handler as httpIngest } from '../../functions/http/ingest.ts'
import { handler as jobs } from '../../functions/http/jobs.ts'
import { handler as ownMetrics } from '../../functions/http/own-metrics.ts'
import { handler as quarantine } from '../../functions/http/quarantine.ts'
import { handler as strayEvents } from '../../functions/http/stray-events.ts'
import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
import { handler as redrive } from '../../functions/schedule/redrive-dead-letters.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import type { JsonObject } from '../../lib/events/json.ts'
import { registry } from '../../lib/events/registry.ts'
import { deliveryOf, ownQueue } from '../oracle/own-queue.ts'
import { deliverWith } from '../oracle/workers.ts'
import { around, canaries, isSeen, planted, sightings } from '../support/canary.ts'
import { unique } from '../support/events.ts'
import { type Asked, httpFunctions, request } from '../support/http.ts'
import { logOf } from '../support/log.ts'
import { closeStores, context, deliver } from '../support/service.ts'

jest.setTimeout(120_000)

let queue: Awaited<ReturnType<typeof ownQueue>>
let letters: Awaited<ReturnType<typeof ownQueue>>
const venue = unique('v')
const own: Asked = { caller: { venues: { [venue]: 'owner' } }, params: { venueId: venue } }
const ops: Asked = { caller: { isOps: true } }

beforeAll(async () => {
  queue = await ownQueue()
  letters = await ownQueue()
  process.env.EVENTS_QUEUE_URL = queue.url
  process.env.EVENTS_DEAD_LETTER_QUEUE_URL = letters.url
})
afterAll(async () => {
  await Promise.all([queue.delete(), letters.delete()])
  await closeStores()
})

const base = '/v1/venues/{venueId}/ingest/quarantine'

/** An event of each type, with a time of today so that it becomes live too. */
const examples = (): JsonObject[] =>
  [...registry.values()].map(({ example }) => ({
    ...structuredClone(example),
    event_id: unique('e'),
    venue_id: venue,
    occurred_at: new Date().toISOString(),
  }))

const broken = (event: JsonObject): unknown[] => [
  { ...event, occurred_at: `at ${canaries.email}` },
  { ...event, type: canaries.email },
  { ...event, version: 2 },
  { ...event, event_id: canaries.email, version: 2 },
  { ...event, venue_id: canaries.email },
  { ...event, [`key ${canaries.email}`]: '\0' },
  { ...event, deep: JSON.parse('['.repeat(40) + ']'.repeat(40)) },
  { ...event, wide: 'x'.repeat(256 * 1024) },
  [event, [event]],
  `${JSON.stringify(event).slice(0, -2)}`,
  JSON.stringify({ Type: 'Notification', Message: JSON.stringify({ ...event, version: 2 }) }),
]

/** No canary in texts that are told to somebody; fails with the place. */
const expectClean = (what: string, ...texts: string[]) =>
  expect([what, texts.filter(isSeen).map(around)]).toEqual([what, []])

test('the canaries are seen where they are', () => {
  for (const text of Object.values(canaries)) expect([text, isSeen(text)]).toEqual([text, true])
  expect(isSeen(JSON.stringify(planted({})))).toBe(true)
})

test('nothing planted in messages of the platform is kept, logged or told', async () => {
  const { text } = await logOf(async () => {
    for (const example of examples()) {
      const event = planted(example)
      expect(await deliver(event, event)).toEqual([])
      expect(await deliver({ ...event, source: 'box_office' }, ...broken(event))).toEqual([])
    }
    const flat = planted({
      venue_id: venue,
      event_type: 'ticket_purchase',
      timestamp: new Date().toISOString(),
    })
    const metadata = { ...(flat.data as object), price: 5, customer_id: canaries.email }
    await deliver({ ...flat, data: undefined, metadata })
    await deliver({ ...flat, data: undefined, metadata: { ...metadata, price: canaries.phone } })
  })
  expectClean('log', text)
  expect(await sightings()).toEqual([])
})

test('nothing planted waits in the outbox while Mongo is away, or is in the log that says so', async () => {
  const away = { MONGODB_URI: `mongodb://canary_user:canary-dbpass@127.0.0.1:1/x` }
  const { log } = await deliverWith(away, ...examples().map(planted).slice(0, 5))
  expect(log).toContain('raw copies wait')
  expectClean('log', log)
  expect(await sightings()).toEqual([])
})

test('an outage of Postgres tells its address to nobody', async () => {
  const away = { DATABASE_URL: 'postgres://canary_user:canary-dbpass@127.0.0.1:1/x' }
  const { log, failed } = await deliverWith(away, planted(examples()[0] ?? {}))
  expect(failed).toHaveLength(1)
  expectClean('log', log)
})

test('nothing planted in posted events is in the queue, the answer, the log or a dead letter', async () => {
  const events = examples().map(planted)
  const answers: string[] = []
  const { text } = await logOf(async () => {
    for (const event of events) {
      const body = [event, ...broken(event).filter((one) => typeof one !== 'string')].slice(0, 6)
      const answer = await request(httpIngest, 'POST /v1/ingest/events', { ...own, body })
      expect(answer.status).toBe(202)
      answers.push(answer.text)
    }
    const values = { name: 'queue_length', value: 7, dimensions: { desk: canaries.email } }
    answers.push(
      (await request(ownMetrics, 'POST /v1/venues/{venueId}/metrics', { ...own, body: values }))
        .text,
    )
  })
  expectClean('log', text)
  expectClean('answers', ...answers)
  const messages = await queue.receive(events.length)
  expectClean('queue', ...messages.map((message) => JSON.stringify(message)))
  const [letter, ...rest] = messages
  await bury(letter)
  const { text: working } = await logOf(async () => {
    while (rest.length > 0) await ingestEvents(deliveryOf(rest.splice(0, 10)), context)
  })
  expectClean('log', working)
  expect(await sightings()).toEqual([])
})

async function bury(letter: Message | undefined) {
  const { Body: MessageBody = '', MessageAttributes } = letter ?? {}
  await sqs().send(
    new SendMessageCommand({ QueueUrl: letters.url, MessageBody, MessageAttributes }),
  )
}

test('dead letters of the platform are looked at and redriven without telling what is in them', async () => {
  const raw = planted(examples()[0] ?? {})
  for (const one of [raw, { ...raw, version: 2 }, { ...raw, venue_id: canaries.email }]) {
    await sqs().send(
      new SendMessageCommand({ QueueUrl: letters.url, MessageBody: JSON.stringify(one) }),
    )
  }
  const { text } = await logOf(async () => {
    const look = await request(deadLetters, 'GET /v1/ops/dlq', ops)
    expect(look.body.letters).toHaveLength(4)
    expectClean('dead letters', look.text)
    await redrive({} as ScheduledEvent, context)
    await ingestEvents(deliveryOf(await queue.receive(4)), context)
  })
  expectClean('log', text)
  expect(await sightings()).toEqual([])
})

test('nothing planted is told by the quarantine, or sent by a replay of all of it', async () => {
  const { text } = await logOf(async () => {
    const list = await request(quarantine, `GET ${base}`, { ...own, query: { limit: '1000' } })
    expect(list.body.items.length).toBeGreaterThan(100)
    expectClean('list', list.text)
    for (const { id } of list.body.items) {
      const params = { venueId: venue, quarantineId: id }
      const one = await request(quarantine, `GET ${base}/{quarantineId}`, { ...own, params })
      expectClean('one', one.text)
    }
    const strays = await request(strayEvents, 'GET /v1/ops/quarantine', {
      ...ops,
      query: { limit: '100' },
    })
    for (const { id: quarantineId } of strays.body.items) {
      const one = await request(strayEvents, 'GET /v1/ops/quarantine/{quarantineId}', {
        ...ops,
        params: { quarantineId },
      })
      expectClean('stray', one.text)
    }
    const { body } = await request(quarantine, `POST ${base}/replay`, { ...own, body: {} })
    expect(body.replayed).toBeGreaterThan(50)
    const messages = await queue.receive(body.replayed)
    expectClean('queue', ...messages.map((message) => JSON.stringify(message)))
    while (messages.length > 0) await ingestEvents(deliveryOf(messages.splice(0, 10)), context)
    expectClean('jobs', (await request(jobs, 'GET /v1/ops/jobs', ops)).text)
  })
  expectClean('log', text)
  expect(await sightings()).toEqual([])
})

test('nothing planted in paths, queries, headers and bodies of any route is logged or told', async () => {
  const { email, key, token, password, ip, database, plainCard } = canaries
  const headers = {
    authorization: `Bearer ${token}`,
    cookie: `session=${key}; user=${email}`,
    'x-forwarded-for': ip,
    'user-agent': `Canary ${email}`,
    'x-api-key': key,
    'idempotency-key': email,
    'if-none-match': email,
    'if-match': email,
    traceparent: email,
    'x-amzn-trace-id': `Root=${email}`,
    'content-encoding': email,
  }
  const answers: string[] = []
  const { text } = await logOf(async () => {
    await authorize({ headers } as never)
    for (const { handler } of await httpFunctions()) {
      for (const routeKey of Object.keys(handler.routes)) {
        const names = [...routeKey.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
        for (const value of [email, plainCard, database]) {
          const paths = Object.fromEntries(names.map((name) => [name, value]))
          const callers = [{ ...(own.caller as object), isOps: true }, null]
          for (const caller of callers) {
            for (const params of [paths, { ...paths, venueId: venue }]) {
              const query = { from: value, cursor: value, tz: value, limit: value }
              const body = {
                name: value,
                password,
                timezone: value,
                value,
                ids: [value],
                note: email,
              }
              for (const asked of [
                { query },
                { body },
                { body: [body] },
                { body: `{${value}` },
                {},
              ]) {
                const answer = await request(handler, routeKey, {
                  ...asked,
                  params,
                  caller,
                  headers,
                } as Asked)
                answers.push(`${routeKey} ${answer.text} ${JSON.stringify(answer.headers)}`)
              }
            }
          }
        }
      }
    }
  })
  expect(answers.length).toBeGreaterThan(900)
  expectClean('answers', ...new Set(answers))
  expectClean('log', ...text.split('\n'))
})
