import { gzipSync } from 'node:zlib'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs'
import { handler } from '../../functions/http/ingest.ts'
import type { Caller } from '../../lib/access/grants.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { delivery, event, paid, type Sent, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { deliverMessages } from '../support/ingested.ts'
import { closeStores, total } from '../support/service.ts'

let queue: string
const venue = unique('v')
const foreign = unique('v')
const manager: Partial<Caller> = { venues: { [venue]: 'manager' } }

beforeAll(async () => {
  // A queue of its own, so that what arrives is this file's.
  const QueueName = unique('http-ingest')
  await sqs().send(new CreateQueueCommand({ QueueName }))
  // the address that the emulator tells is one of a name server
  queue = (process.env.EVENTS_QUEUE_URL ?? '').replace(/[^/]+$/, QueueName)
  process.env.EVENTS_QUEUE_URL = queue
})
afterAll(closeStores)

const post = (body: unknown, headers: Record<string, string> = {}, caller = manager) =>
  request(handler, 'POST /v1/ingest/events', { caller, body, headers })

async function arrived(): Promise<Message[]> {
  const found: Message[] = []
  for (;;) {
    const { Messages = [] } = await sqs().send(
      new ReceiveMessageCommand({
        QueueUrl: queue,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    )
    if (Messages.length === 0) return found
    found.push(...Messages)
    const Entries = Messages.map((message, i) => ({
      Id: String(i),
      ReceiptHandle: message.ReceiptHandle ?? '',
    }))
    await sqs().send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries }))
  }
}

const eventsIn = (messages: Message[]): Sent[] =>
  messages.flatMap(({ Body }) => JSON.parse(Body ?? ''))

afterEach(arrived)

test('what was accepted is in the queue, and counts once it is delivered', async () => {
  const own = unique('v')
  const orders = Array.from({ length: 250 }, () => paid(own))
  const { status, body } = await post(orders, {}, { venues: { [own]: 'manager' } })
  expect([status, body]).toEqual([202, { accepted: 250, rejected: [] }])
  const messages = await arrived()
  const ids = orders.map(({ event_id }) => event_id).sort()
  expect(
    eventsIn(messages)
      .map(({ event_id }) => event_id)
      .sort(),
  ).toEqual(ids)
  await deliverMessages(messages)
  await deliverMessages(messages)
  expect(await total(own, 'orders')).toBe(250)
})

const good = () => [paid(venue), paid(venue), paid(venue)]
const lines = (events: unknown[]) => events.map((one) => JSON.stringify(one)).join('\n')
const ndjson = { 'content-type': 'application/x-ndjson' }

const forms: [name: string, body: () => unknown, headers: Record<string, string>][] = [
  ['JSON', () => good(), {}],
  ['JSON with a charset', () => good(), { 'Content-Type': 'Application/JSON; charset=utf-8' }],
  ['JSON as bytes', () => Buffer.from(JSON.stringify(good())), {}],
  ['NDJSON', () => lines(good()), ndjson],
  ['NDJSON with empty lines and CR', () => `\n${lines(good())}\r\n\n`, ndjson],
  ['gzip', () => gzipSync(JSON.stringify(good())), { 'content-encoding': 'gzip' }],
  ['gzip NDJSON', () => gzipSync(lines(good())), { ...ndjson, 'Content-Encoding': 'GZIP' }],
]

test.each(forms)('events arrive as %s', async (_name, body, headers) => {
  // a header told twice is told once, whatever its case
  const own =
    'Content-Type' in headers ? { 'content-type': headers['Content-Type'] ?? '' } : headers
  const answer = await post(body(), own)
  expect([answer.status, answer.body]).toEqual([202, { accepted: 3, rejected: [] }])
  expect(eventsIn(await arrived())).toHaveLength(3)
})

const some = (n: number) => Array.from({ length: n }, () => paid(venue))
const wide = () => event(venue, 'user.action', { data: { name: 'x' }, note: 'x'.repeat(200_000) })
const gzip = { 'content-encoding': 'gzip' }

const refused: [
  name: string,
  status: number,
  body: () => unknown,
  headers?: Record<string, string>,
][] = [
  ['more than 500', 413, () => some(501)],
  ['more than 500 lines', 413, () => lines(some(501)), ndjson],
  ['more than a megabyte', 413, () => Array.from({ length: 6 }, wide)],
  ['more than a megabyte of bytes', 413, () => Buffer.alloc(1_048_577, 0x20)],
  ['ten megabytes', 413, () => 'x'.repeat(10_000_000)],
  ['more than a megabyte once unpacked', 413, () => gzipSync(Buffer.alloc(1_048_577, 0x20)), gzip],
  ['not gzip', 400, () => Buffer.from('[]'), gzip],
  ['cut short', 400, () => gzipSync(JSON.stringify(good())).subarray(0, 60), gzip],
  ['packed otherwise', 415, () => Buffer.from('[]'), { 'content-encoding': 'br' }],
  ['packed twice', 415, () => Buffer.from('[]'), { 'content-encoding': 'gzip, gzip' }],
  ['text', 415, () => '[]', { 'content-type': 'text/plain' }],
  ['of no type', 415, () => '[]', { 'content-type': '' }],
  ['not UTF-8', 400, () => Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d])],
  ['JSON behind a byte order mark', 400, () => `\ufeff${JSON.stringify(good())}`],
  ['UTF-16', 400, () => Buffer.from('\ufeff[]', 'utf16le')],
  ['an object', 400, () => paid(venue)],
  ['no JSON', 400, () => '[{'],
  ['empty', 400, () => ''],
]

const complete = refused.map(([name, status, body, headers = {}]) => ({
  name,
  status,
  body,
  headers,
}))

test.each(complete)(
  'a body that is $name is refused with $status',
  async ({ status, body, headers }) => {
    const answer = await post(body(), headers)
    expect(answer.status).toBe(status)
    expect(await arrived()).toEqual([])
  },
)

test('500 events are not too many', async () => {
  expect((await post(some(500))).body.accepted).toBe(500)
})

test('a bomb of 200 MB is refused before it is unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(200_000_000))
  const [began, before] = [process.cpuUsage(), process.memoryUsage().rss]
  expect((await post(bomb, gzip)).status).toBe(413)
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(200)
  expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
})

test('each bad item is told by its index, and the good ones are taken', async () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  const items = [
    paid(venue),
    paid(foreign),
    { ...paid(venue), type: 'no.such.type' },
    { ...paid(venue), occurred_at: '2999-01-01T00:00:00Z' },
    paid(venue, {}, { quantity: -1 }),
    { ...paid(venue), venue_id: undefined },
    'text',
    null,
    'deep',
    { ...paid(venue), event_id: 'a\0b' },
    paid(venue),
  ]
  const { status, body } = await post(JSON.stringify(items).replace('"deep"', deep))
  expect([status, body.accepted]).toEqual([202, 2])
  const told = body.rejected.map((one: { index: number; code: string; path: string }) => [
    one.index,
    one.code,
    one.path,
  ])
  expect(told.map(([index]: [number]) => index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(told[0]).toEqual([1, 'not_found', 'venue_id'])
  expect(told[1]).toEqual([2, 'unknown_type', 'type'])
  expect(told[2]).toEqual([3, 'occurred_in_future', 'occurred_at'])
  expect(told[3]?.[2]).toBe('data.items.0.quantity')
  expect(told[4]).toEqual([5, 'missing_venue', 'venue_id'])
  expect(body.rejected[0].eventId).toBe((items[1] as Sent).event_id)
  expect(eventsIn(await arrived())).toHaveLength(2)
})

test('an item that says a thing twice, or names a prototype, is told by its field', async () => {
  const items = [
    JSON.stringify(paid(venue)).replace('"quantity":2', '"quantity":1,"quantity":2'),
    ...good().map((one) => JSON.stringify(one)),
    '{"data":{"__proto__":{"polluted":true}}}',
    '{"constructor":1}',
  ]
  const forms = [
    { body: `[${items}]`, headers: {} },
    { body: items.join('\n'), headers: ndjson },
  ]
  for (const { body, headers } of forms) {
    const { status, body: told } = await post(body, headers)
    expect([status, told.accepted]).toEqual([202, 3])
    expect(
      told.rejected.map((one: { index: number; path: string }) => [one.index, one.path]),
    ).toEqual([
      [0, 'data.items.0.quantity'],
      [4, 'data.__proto__'],
      [5, 'constructor'],
    ])
    expect(told.rejected[0].eventId).toBeDefined()
  }
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('a line that is no JSON is one bad event', async () => {
  const { status, body } = await post(`${lines([paid(venue)])}\n{"a":\n${lines(good())}`, ndjson)
  expect([status, body.accepted]).toEqual([202, 4])
  expect(body.rejected).toEqual([expect.objectContaining({ index: 1 })])
})

test('an event of a foreign venue is told like one of a venue that does not exist', async () => {
  const bad = { ...paid(foreign), type: 'no.such.type' }
  const { body } = await post([paid(foreign), paid(unique('v-absent')), bad])
  const [there, nowhere, both] = body.rejected
  expect({ ...there, index: 0, eventId: '' }).toEqual({ ...nowhere, index: 0, eventId: '' })
  expect(both.code).toBe('not_found')
})

const callers: [name: string, status: number, caller: typeof manager][] = [
  ['a viewer', 403, { venues: { [venue]: 'viewer' } }],
  ['an analyst', 403, { venues: { [venue]: 'analyst' } }],
  ['nobody in any venue', 403, { venues: {} }],
  ['operations', 403, { isOps: true }],
  ['a manager', 202, { venues: { [venue]: 'manager' } }],
  ['an owner', 202, { venues: { [venue]: 'owner' } }],
  ['a write key of the venue', 202, { ingestVenue: venue }],
]

test.each(callers)('%s is answered with %i', async (_name, status, caller) => {
  const answer = await post([paid(venue)], {}, caller)
  expect(answer.status).toBe(status)
  expect(eventsIn(await arrived())).toHaveLength(status === 202 ? 1 : 0)
})

test('who manages one venue and views another may send for the first', async () => {
  const caller = { venues: { [venue]: 'manager' as const, [foreign]: 'viewer' as const } }
  const { body } = await post([paid(venue), paid(foreign)], {}, caller)
  expect(body.accepted).toBe(1)
  expect(body.rejected).toEqual([expect.objectContaining({ index: 1, code: 'forbidden' })])
})

test('a write key sends for its venue alone', async () => {
  const { body } = await post([paid(venue), paid(foreign)], {}, { ingestVenue: venue })
  expect(body.rejected).toEqual([expect.objectContaining({ index: 1, code: 'not_found' })])
})

test('people reach neither the queue nor the answer', async () => {
  const canary = 'canary.person@example.com'
  const good = paid(venue, { actor: { customer_id: canary }, email: canary })
  const answer = await post([good, { ...paid(venue), type: canary, note: canary }])
  expect(answer.body.accepted).toBe(1)
  expect(answer.text).not.toContain(canary)
  const messages = await arrived()
  expect(JSON.stringify(messages)).not.toContain(canary)
  expect(delivery(...messages).Records).toHaveLength(1)
})
