import type { SQSBatchResponse } from 'aws-lambda'
import { handler } from '../../functions/http/quarantine.ts'
import { handler as ingestEvents } from '../../functions/queue/ingest-events.ts'
import type { Caller } from '../../lib/access/grants.ts'
import { withTenant } from '../../lib/clients/postgres.ts'
import { ingest } from '../../lib/events/ingest.ts'
import { replayAttribute } from '../../lib/message-attributes.ts'
import type { Kept, ReplayRequest } from '../../lib/quarantine/schema.ts'
import { deliveryOf, ownQueue } from '../oracle/own-queue.ts'
import { event, paid, type Sent, unique } from '../support/events.ts'
import { request } from '../support/http.ts'
import { closeStores, context, deliver, total } from '../support/service.ts'

let queue: Awaited<ReturnType<typeof ownQueue>>

beforeAll(async () => {
  queue = await ownQueue()
  process.env.EVENTS_QUEUE_URL = queue.url
})
afterAll(async () => {
  await queue.delete()
  await closeStores()
})

const traceId = '0af7651916cd43dd8448eb211c80319c'

/** Delivers to a worker whose clock is a month slow: whatever is told is in its future. */
async function refuse(...bodies: unknown[]): Promise<void> {
  const messages = bodies.map((body) => ({
    id: unique('m'),
    firstId: unique('m'),
    body: JSON.stringify(body),
    receiptHandle: '',
    receives: 1,
    isOurs: false,
    replayOf: undefined,
    traceId,
    sentAt: undefined,
  }))
  expect((await ingest(messages, new Date('2026-05-01T00:00:00Z'), 30_000)).failed).toEqual([])
}

const base = '/v1/venues/{venueId}/ingest/quarantine'
const manager = (venueId: string) => ({
  caller: { venues: { [venueId]: 'manager' } } as Partial<Caller>,
  params: { venueId },
})

async function listed(venueId: string, query: Record<string, string> = {}): Promise<Kept[]> {
  const answer = await request(handler, `GET ${base}`, { ...manager(venueId), query })
  expect(answer.status).toBe(200)
  return answer.body.items
}

const whole = (venueId: string, quarantineId: string) =>
  request(handler, `GET ${base}/{quarantineId}`, {
    ...manager(venueId),
    params: { venueId, quarantineId },
  })

const replay = (venueId: string, body: ReplayRequest) =>
  request(handler, `POST ${base}/replay`, { ...manager(venueId), body })

/** Takes so many messages from the queue and hands them to the worker, each batch `times` times. */
async function work(count: number, times = 1): Promise<void> {
  const messages = await queue.receive(count)
  expect(messages).toHaveLength(count)
  while (messages.length > 0) {
    const batch = deliveryOf(messages.splice(0, 10))
    for (let time = 0; time < times; time += 1) {
      const answer = (await ingestEvents(batch, context)) as SQSBatchResponse
      expect(answer.batchItemFailures).toEqual([])
    }
  }
}

test('a row tells what was refused, where and why, and one whole has its body', async () => {
  const venue = unique('v')
  const bad = { ...paid(venue), occurred_at: 'yesterday', trace_id: 'trace-of-the-shop' }
  await deliver({ ...bad, actor: { customer_id: 'jane', email: 'jane@example.org' } })
  const [kept] = await listed(venue)
  expect(kept).toMatchObject({
    eventId: bad.event_id,
    type: 'order.paid',
    code: 'invalid',
    path: 'occurred_at',
    state: 'kept',
    replayable: true,
    attempts: 0,
    replayedAt: null,
    traceId: 'trace-of-the-shop',
  })
  expect(kept?.message).toMatch(/^occurred_at must be/)
  const { body } = await whole(venue, kept?.id ?? '')
  expect(body).toMatchObject(kept ?? {})
  const message = JSON.parse(body.body)
  expect(message.event_id).toBe(bad.event_id)
  expect(message.actor).toEqual({ customer_id: expect.stringMatching(/^c_/) })
})

test('another venue’s row, one that never was and what is no id are equally not found', async () => {
  const [own, other] = [unique('v'), unique('v')]
  await deliver({ ...paid(other), type: 'order.devoured' })
  const [foreign] = await listed(other)
  for (const id of [foreign?.id ?? '', '00000000-0000-4000-8000-000000000000', 'x', '1; drop']) {
    const answer = await whole(own, id)
    expect([id, answer.status]).toEqual([id, 404])
  }
  expect(await listed(own)).toEqual([])
  const { body } = await replay(own, { ids: [foreign?.id ?? ''] })
  expect(body).toMatchObject({ replayed: 0, refused: [{ id: foreign?.id, code: 'not_found' }] })
  expect((await listed(other))[0]?.state).toBe('kept')
})

test('a list is by reason, type, state and time of receipt', async () => {
  const venue = unique('v')
  await deliver(
    { ...paid(venue), type: 'order.devoured' },
    { ...paid(venue), occurred_at: 'yesterday' },
    { ...event(venue, 'page.viewed'), version: 2 },
  )
  const codes = async (query: Record<string, string>) =>
    (await listed(venue, query)).map(({ code }) => code).sort()
  expect(await codes({})).toEqual(['invalid', 'unknown_type', 'unknown_version'])
  expect(await codes({ code: 'invalid' })).toEqual(['invalid'])
  expect(await codes({ type: 'page.viewed' })).toEqual(['unknown_version'])
  expect(await codes({ type: 'order.devoured', code: 'invalid' })).toEqual([])
  expect(await codes({ state: 'kept' })).toHaveLength(3)
  expect(await codes({ state: 'counted' })).toEqual([])
  expect(await codes({ from: '2020-01-01', to: '2020-01-02' })).toEqual([])
  expect(await codes({ from: '2020-01-01', to: '2199-01-01T00:00:00Z' })).toHaveLength(3)
  const wrong = { from: 'yesterday', to: '1999-12-31', code: 'bad', state: 'x', cursor: 'x.y' }
  for (const [field, value] of Object.entries(wrong)) {
    const query = { from: '2020-01-01', [field]: value }
    const answer = await request(handler, `GET ${base}`, { ...manager(venue), query })
    expect([query, answer.status]).toEqual([query, 400])
    expect(answer.body.issues[0].path).toBe(field)
  }
})

test('pages are stable while rows come and change, and a cursor is of its list alone', async () => {
  const venue = unique('v')
  await deliver(...Array.from({ length: 7 }, () => ({ ...paid(venue), type: 'order.devoured' })))
  const ids = (await listed(venue)).map(({ id }) => id)
  const seen: string[] = []
  let cursor = ''
  for (let page = 0; page < 4; page += 1) {
    const query = { limit: '2', ...(cursor && { cursor }) }
    const { body } = await request(handler, `GET ${base}`, { ...manager(venue), query })
    seen.push(...body.items.map((item: Kept) => item.id))
    cursor = body.nextCursor ?? ''
    await deliver({ ...paid(venue), type: 'order.devoured' })
  }
  expect([seen, cursor]).toEqual([ids, ''])
  const first = await request(handler, `GET ${base}`, { ...manager(venue), query: { limit: '2' } })
  const foreign = await request(handler, `GET ${base}`, {
    ...manager(unique('v')),
    query: { limit: '2', cursor: first.body.nextCursor },
  })
  expect(foreign.status).toBe(400)
})

test('1,000 quarantined events are replayed after a mend, and each counts once', async () => {
  const venue = unique('v')
  const orders = Array.from({ length: 1000 }, () => paid(venue))
  for (let at = 0; at < 1000; at += 100) await refuse(orders.slice(at, at + 100))
  expect(await total(venue, 'orders')).toBe(0)
  const code = 'occurred_in_future'
  const answer = await replay(venue, { code })
  expect([answer.status, answer.body]).toEqual([202, { replayed: 1000, remaining: 0, refused: [] }])
  expect((await replay(venue, { code })).body.replayed).toBe(0)
  await work(1000, 2)
  expect(await total(venue, 'orders')).toBe(1000)
  expect(await total(venue, 'gross_revenue')).toBe(1000 * 9100)
  expect(await listed(venue, { state: 'counted', limit: '1000' })).toHaveLength(1000)
  // the platform sends everything again, and somebody replays everything again
  for (let at = 0; at < 1000; at += 100) await deliver(orders.slice(at, at + 100))
  expect((await replay(venue, {})).body).toEqual({ replayed: 0, remaining: 0, refused: [] })
  expect(await total(venue, 'orders')).toBe(1000)
}, 90_000)

test('what is refused again is kept under the reason of today, and may be replayed again', async () => {
  const venue = unique('v')
  const { data, ...rest } = paid(venue)
  await refuse({ ...rest, data: { ...(data as object), currency: 'XXX' } }, paid(venue))
  await refuse({ ...paid(venue), type: 'order.devoured' })
  const before = await listed(venue)
  expect((await replay(venue, {})).body.replayed).toBe(3)
  expect((await listed(venue)).map(({ state }) => state)).toEqual(Array(3).fill('replaying'))
  await work(3)
  const after = await listed(venue)
  expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  expect(after.map(({ code, state, attempts }) => `${code} ${state} ${attempts}`).sort()).toEqual([
    'invalid kept 1',
    'occurred_in_future counted 1',
    'unknown_type kept 1',
  ])
  expect((await replay(venue, { code: 'invalid' })).body.replayed).toBe(1)
  await work(1)
  expect((await listed(venue, { code: 'invalid' }))[0]).toMatchObject({
    state: 'kept',
    attempts: 2,
  })
})

test('an event whose id was counted meanwhile with another payload is a conflict, and final', async () => {
  const venue = unique('v')
  const order = paid(venue)
  await refuse(order)
  const mended: Sent = { ...order, context: { channel: 'phone' } }
  await deliver(mended)
  const [kept] = await listed(venue)
  await replay(venue, { ids: [kept?.id ?? ''] })
  await work(1)
  const [after] = await listed(venue)
  expect(after).toMatchObject({ code: 'conflicting_payload', state: 'kept', replayable: false })
  expect(await total(venue, 'orders')).toBe(1)
  const again = await replay(venue, { ids: [kept?.id ?? ''] })
  expect(again.body).toMatchObject({
    replayed: 0,
    refused: [{ id: kept?.id, code: 'conflicting_payload' }],
  })
  const byCode = await replay(venue, { code: 'conflicting_payload' })
  expect([byCode.status, byCode.body.issues[0].path]).toEqual([422, 'code'])
})

test('an event that was counted meanwhile as it is counts no second time', async () => {
  const venue = unique('v')
  const order = paid(venue)
  await refuse(order)
  await deliver(order)
  expect((await replay(venue, {})).body.replayed).toBe(1)
  await work(1)
  expect((await listed(venue))[0]?.state).toBe('counted')
  expect(await total(venue, 'orders')).toBe(1)
})

test('two flat messages equal to the letter are kept as two, and count as two', async () => {
  const venue = unique('v')
  const flat = {
    venue_id: venue,
    event_type: 'ticket_purchase',
    timestamp: '2026-06-01T12:00:00Z',
    metadata: { quantity: 1, price: 5, customer_id: 'jane' },
  }
  await refuse(flat, flat)
  expect((await replay(venue, {})).body.replayed).toBe(2)
  await work(2, 2)
  expect(await total(venue, 'orders')).toBe(2)
  expect(await total(venue, 'gross_revenue')).toBe(1000)
  // the pseudonym of the quarantine is the one that the sale itself would have had
  await deliver({ ...flat, metadata: { ...flat.metadata, quantity: 2 } })
  expect(await total(venue, 'unique_buyers')).toBe(1)
})

test('two requests at once never send the same event twice', async () => {
  const venue = unique('v')
  await refuse(...Array.from({ length: 20 }, () => paid(venue)))
  const answers = await Promise.all(Array.from({ length: 5 }, () => replay(venue, {})))
  const sent = answers.reduce((sum, { body }) => sum + body.replayed, 0)
  expect(sent).toBe(20)
  const messages = await queue.receive(20)
  const rows = messages.map((one) => one.MessageAttributes?.[replayAttribute]?.StringValue)
  expect(new Set(rows).size).toBe(20)
})

test('a replay that died before it sent may be taken again after a quarter of an hour', async () => {
  const venue = unique('v')
  await refuse(paid(venue))
  const die = (minutes: number) =>
    withTenant(
      venue,
      (tx) => tx`
        update quarantine
           set state = 'replaying', replayed_at = now() - make_interval(mins => ${minutes})
         where venue_id = ${venue}`,
    )
  await die(14)
  const [kept] = await listed(venue)
  const early = await replay(venue, { ids: [kept?.id ?? ''] })
  expect(early.body).toMatchObject({ replayed: 0, refused: [{ code: 'replaying' }] })
  await die(16)
  expect((await replay(venue, {})).body.replayed).toBe(1)
  await work(1)
  expect(await total(venue, 'orders')).toBe(1)
})

test('a request names one kind of thing wrong by its field', async () => {
  const venue = unique('v')
  const wrong: [unknown, string][] = [
    [{ ids: [] }, 'ids'],
    [{ ids: ['x'] }, 'ids.0'],
    [{ code: 'x' }, 'code'],
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2026-06-02', to: '2026-06-01' }, 'to'],
    [{ from: '2026-06-02', to: '2026-06-02' }, 'to'],
    [{ all: true }, 'all'],
  ]
  for (const [body, path] of wrong) {
    const answer = await replay(venue, body as ReplayRequest)
    expect([path, answer.status, answer.body.issues?.[0]?.path]).toEqual([path, 400, path])
  }
})
