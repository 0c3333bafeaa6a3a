import { type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { ScheduledEvent } from 'aws-lambda'
import { handler as clock } from '../../functions/schedule/cart-abandonment.ts'
import { sweepCarts } from '../../lib/carts/sweep.ts'
import { observeStatements, withTenantJob } from '../../lib/clients/postgres.ts'
import { sqs } from '../../lib/clients/sqs.ts'
import { config } from '../../lib/config.ts'
import { dropDatabases, migratedDatabase, withSql } from '../support/databases.ts'
import { event, paid, type Sent, unique } from '../support/events.ts'
import { deliverMessages } from '../support/ingested.ts'
import { ownQueue } from '../support/queue.ts'
import { ask, closeStores, context, deliver } from '../support/service.ts'

const minute = 60_000
const day = 24 * 60 * minute
// In the whole second: what is booked is told to the second below.
const start = Math.floor((Date.now() - 100 * minute) / 1000) * 1000
const at = (minutes: number): string => new Date(start + minutes * minute).toISOString()

let database: Awaited<ReturnType<typeof migratedDatabase>>
let queue = ''

beforeAll(async () => {
  database = await migratedDatabase()
  const addresses = { DATABASE_URL: database.app, DATABASE_JOB_URL: database.job }
  Object.assign(config('postgres'), addresses)
  queue = await ownQueue()
})
beforeEach(async () => {
  await withSql(database.admin, (sql) => sql`truncate carts`)
})
afterAll(async () => {
  await closeStores()
  await dropDatabases()
})

type Told = Partial<Sent> & { data?: object }

const stalls = [{ ticket_type_id: 'stalls', quantity: 2, unit_price_minor: 4550 }]

const cart = (venue: string, minutes: number, told: Told = {}): Sent =>
  event(venue, 'cart.updated', {
    occurred_at: at(minutes),
    actor: { session_id: 's-1' },
    ...told,
    data: { cart_id: 'cart-1', items: stalls, value_minor: 9100, currency: 'USD', ...told.data },
  })
const checkout = (venue: string, minutes: number, told: Told = {}): Sent =>
  event(venue, 'checkout.step', {
    occurred_at: at(minutes),
    actor: { session_id: 's-1' },
    data: { cart_id: 'cart-1', step: 'seats' },
    ...told,
  })
const order = (venue: string, minutes: number, told: Told = {}): Sent =>
  paid(venue, { occurred_at: at(minutes), actor: { session_id: 's-1' }, ...told })

/** What the sweep at a minute put into the queue, taken out of it. */
async function sweptAt(minutes: number): Promise<Message[]> {
  const { failed } = await sweepCarts(new Date(start + minutes * minute))
  expect(failed).toBe(0)
  return taken()
}

async function taken(): Promise<Message[]> {
  const messages: Message[] = []
  for (;;) {
    const { Messages: found = [] } = await sqs().send(
      new ReceiveMessageCommand({
        QueueUrl: queue,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
        MessageAttributeNames: ['All'],
      }),
    )
    if (found.length === 0) return messages
    messages.push(...found)
  }
}

const eventsOf = (messages: Message[]): Sent[] =>
  messages.flatMap(({ Body = '' }) => JSON.parse(Body) as Sent[])

/** How many carts were abandoned, and of tests as well. */
async function countedIn(venue: string, from = at(-day / minute), more = {}) {
  const query = { from, to: at(day / minute), granularity: 'none', ...more }
  return (await ask(venue, 'carts_abandoned', query)).total
}

const cartsOf = (venue: string) =>
  withTenantJob(
    venue,
    (tx) => tx<{ isOpen: boolean }[]>`select is_open from carts where venue_id = ${venue}`,
  )

test('a cart is abandoned half an hour after its last touch, and booked at that moment', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0), checkout(venue, 10))
  expect(await sweptAt(10)).toEqual([])
  expect(await sweptAt(39.99)).toEqual([])
  const messages = await sweptAt(40)
  expect(eventsOf(messages)).toEqual([
    expect.objectContaining({
      type: 'cart.abandoned',
      occurred_at: at(40),
      event_ref: { event_id: 'show-1' },
      context: { channel: 'online' },
      actor: { session_id: 's-1' },
      source: 'checkout',
      test_mode: false,
      data: {
        cart_id: 'cart-1',
        value_minor: 9100,
        currency: 'USD',
        last_step: 'seats',
        abandoned_at: at(40),
        recovered: false,
      },
    }),
  ])
  await deliverMessages(messages)
  const { series } = await ask(venue, 'carts_abandoned', {
    from: at(39),
    to: at(41),
    granularity: 'none',
    group_by: 'event,channel,source',
  })
  expect(series).toMatchObject([
    { key: { event: 'show-1', channel: 'online', source: 'checkout' }, total: 1 },
  ])
  expect(await sweptAt(90)).toEqual([])
})

test('the clock sweeps by its own time, and the run is in the history', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0), cart(venue, 95, { data: { cart_id: 'cart-2' } }))
  const counts = await clock({} as ScheduledEvent, context)
  expect(counts).toEqual({ venues: 1, carts: 1, abandoned: 1, forgotten: 0, failed: 0 })
  expect(eventsOf(await taken()).map(({ data }) => data)).toMatchObject([{ cart_id: 'cart-1' }])
})

test('a cart that is touched again is not abandoned, and one that comes back may be again', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0))
  await deliver(checkout(venue, 29))
  expect(await sweptAt(31)).toEqual([])
  const first = await sweptAt(59)
  await deliver(cart(venue, 65))
  expect(await sweptAt(94)).toEqual([])
  const second = await sweptAt(95)
  await deliverMessages([...first, ...second])
  expect(new Set(eventsOf([...first, ...second]).map((one) => one.event_id)).size).toBe(2)
  expect(await countedIn(venue)).toBe(2)
})

test('an order of the same visit or the same cart pays it, before and after it is known', async () => {
  const bySession = (venue: string) => order(venue, 5)
  const byCart = (venue: string) =>
    order(venue, 5, { actor: undefined, data: { cart_id: 'cart-1' } })
  const bySomebodyElse = (venue: string) =>
    order(venue, 5, { actor: { session_id: 's-2' }, data: { cart_id: 'cart-2' } })
  for (const [make, count] of [[bySession, 0], [byCart, 0], [bySomebodyElse, 1]] as const) {
    const [early, late] = [unique('v'), unique('v')]
    await deliver(make(early))
    await deliver(cart(early, 0))
    await deliver(cart(late, 0))
    await deliver(make(late))
    await deliverMessages(await sweptAt(60))
    expect([await countedIn(early), await countedIn(late)]).toEqual([count, count])
  }
}) // biome-ignore format: one table

test('a cart of two visits is paid by the one that filled it last and the last that touched it', async () => {
  const visit = (session_id: string) => ({ actor: { session_id } })
  const touches = (venue: string) => [
    cart(venue, 0, visit('s-first')),
    cart(venue, 2, visit('s-filled')),
    checkout(venue, 4, visit('s-touched')),
  ]
  for (const [session, count] of [
    ['s-first', 1],
    ['s-filled', 0],
    ['s-touched', 0],
  ] as const) {
    const [early, late] = [unique('v'), unique('v')]
    // One by one, in one order and the other.
    for (const one of touches(early)) await deliver(one)
    for (const one of touches(late).reverse()) await deliver(one)
    await deliver(order(early, 5, visit(session)), order(late, 5, visit(session)))
    await deliverMessages(await sweptAt(60))
    const counts = [await countedIn(early), await countedIn(late)]
    expect([session, ...counts]).toEqual([session, count, count])
  }
})

test('an order pays what was in the cart until then: what is put in later may be abandoned', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0), order(venue, 5), checkout(venue, 6))
  expect(await sweptAt(50)).toEqual([])
  await deliver(cart(venue, 52))
  expect(eventsOf(await sweptAt(82))).toMatchObject([{ occurred_at: at(82) }])
})

test('a cart that is named by its visit alone is swept, one that nothing names is none', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0, { data: { cart_id: undefined } }))
  await deliver(cart(venue, 0, { actor: {}, data: { cart_id: undefined } }))
  await deliver(checkout(venue, 3, { data: { cart_id: 'unknown', step: 'seats' } }))
  const [only, ...others] = eventsOf(await sweptAt(60))
  expect([only?.actor, only?.occurred_at]).toEqual([{ session_id: 's-1' }, at(30)])
  expect([only?.data, others]).toEqual([expect.not.objectContaining({ cart_id: 'cart-1' }), []])
})

test('an emptied cart is not abandoned', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0), cart(venue, 1, { data: { items: [] } }))
  expect(await sweptAt(60)).toEqual([])
  const none = [{ ticket_type_id: 'stalls', quantity: 0 }]
  await deliver(cart(venue, 62, { data: { items: none } }))
  expect(await sweptAt(95)).toEqual([])
})

test('repeated and late updates change nothing that came after them', async () => {
  const venue = unique('v')
  const [filled, emptied] = [cart(venue, 0), cart(venue, 4, { data: { items: [] } })]
  await deliver(emptied)
  await deliver(filled, filled)
  await deliver(emptied)
  expect(await sweptAt(60)).toEqual([])
  await deliver(cart(venue, 2))
  expect(await sweptAt(61)).toEqual([])
})

test('a checkout known before its cart waits for what is in it, and is abandoned once', async () => {
  const venue = unique('v')
  await deliver(checkout(venue, 10))
  expect(await sweptAt(60)).toEqual([])
  await deliver(cart(venue, 0))
  const first = await sweptAt(61)
  expect(eventsOf(first)).toMatchObject([{ occurred_at: at(40), data: { value_minor: 9100 } }])
  await deliver(cart(venue, 5, { data: { value_minor: 4550 } }))
  expect(await sweptAt(62)).toEqual([])
})

test('tests are apart: each has its carts, its orders and its abandonments', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0, { test_mode: true }), order(venue, 5))
  await deliver(cart(venue, 0, { data: { cart_id: 'cart-2' }, actor: { session_id: 's-2' } }))
  const test = { test_mode: true, actor: { session_id: 's-2' } }
  await deliver(order(venue, 5, test), event(venue, 'cart.abandoned', test))
  await deliverMessages(await sweptAt(60))
  expect(await countedIn(venue)).toBe(1)
  // The one that the test told of itself, and the one that was found.
  const from = '2026-01-01'
  expect(await countedIn(venue, from, { include_test: 'true' })).toBe(3)
})

test('a venue whose platform tells of abandoned carts is left alone', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0), event(venue, 'cart.abandoned', { occurred_at: at(20) }))
  expect(await sweptAt(60)).toEqual([])
  await deliver(cart(venue, 62))
  expect(await sweptAt(95)).toEqual([])
  expect([await countedIn(venue), await cartsOf(venue)]).toEqual([1, [{ isOpen: false }]])
  const other = unique('v')
  await deliver(cart(other, 0))
  await deliverMessages(await sweptAt(60))
  await deliver(cart(other, 62))
  expect(await sweptAt(95)).toHaveLength(1)
})

test('one venue’s order pays no cart of another', async () => {
  const [own, foreign] = [unique('v'), unique('v')]
  const data = { cart_id: 'cart-1' }
  await deliver(cart(own, 0), cart(foreign, 0), order(foreign, 5, { data }))
  await deliverMessages(await sweptAt(60))
  expect([await countedIn(own), await countedIn(foreign)]).toEqual([1, 0])
})

test('a sweep that dies between sending and marking, and ten at once, count each cart once', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0), cart(venue, 0, { data: { cart_id: 'cart-2' } }))
  // A cart cannot be marked as long as this stands; then all is as if the sweep had died there.
  const forbid = (sql: string) => withSql(database.owner, (run) => run.unsafe(sql))
  await forbid('revoke update on carts from turnout_job')
  const now = new Date(start + 60 * minute)
  expect(await sweepCarts(now)).toMatchObject({ abandoned: 0, failed: 1 })
  await forbid('grant update on carts to turnout_job')
  const before = await taken()
  expect(eventsOf(before)).toHaveLength(2)
  const ten = await Promise.all(Array.from({ length: 10 }, () => sweepCarts(now)))
  expect(ten.map(({ failed }) => failed)).toEqual(ten.map(() => 0))
  const messages = [...before, ...(await taken())]
  expect(messages.length).toBeGreaterThan(1)
  await deliverMessages(messages)
  expect(await countedIn(venue)).toBe(2)
  expect(await sweepCarts(now)).toMatchObject({ carts: 0 })
})

test('what is told late of an abandoned cart is judged, and does not abandon it again', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0), checkout(venue, 10))
  await deliverMessages(await sweptAt(60))
  await deliver(cart(venue, 5, { data: { value_minor: 1 } }))
  expect(await cartsOf(venue)).toEqual([{ isOpen: true }])
  expect(await sweptAt(61)).toEqual([])
  expect([await countedIn(venue), await cartsOf(venue)]).toEqual([1, [{ isOpen: false }]])
})

test('a history of carts waits for the orders behind it, and is booked in its own time', async () => {
  const venue = unique('v')
  const old = { occurred_at: '2020-02-02T12:00:00Z' }
  await deliver(cart(venue, 0, old), cart(venue, 0, { ...old, data: { cart_id: 'cart-2' } }))
  expect(await sweptAt(100)).toEqual([])
  await deliver(order(venue, 0, { ...old, actor: undefined, data: { cart_id: 'cart-2' } }))
  await deliverMessages(await sweptAt(135))
  expect(await countedIn(venue, '2020-02-02T12:29:59Z')).toBe(1)
  expect(await countedIn(venue, '2020-02-02T12:30:01Z')).toBe(0)
})

test('a thousand carts and more are one sweep, a hundred in a message', async () => {
  const venue = unique('v')
  const carts = Array.from({ length: 1250 }, (_, i) =>
    cart(venue, 0, { data: { cart_id: `c-${i}` } }),
  )
  await deliver(...Array.from({ length: 13 }, (_, i) => carts.slice(i * 100, i * 100 + 100)))
  const messages = await sweptAt(60)
  expect(messages.map((message) => eventsOf([message]).length)).toEqual(
    expect.arrayContaining([100, 50]),
  )
  expect([messages.length, eventsOf(messages).length]).toEqual([13, 1250])
  for (let i = 0; i < messages.length; i += 10) await deliverMessages(messages.slice(i, i + 10))
  expect(await countedIn(venue)).toBe(1250)
})

test('carts are forgotten a week after they were judged, and open ones are not', async () => {
  const venue = unique('v')
  await deliver(cart(venue, 0))
  await sweptAt(60)
  await deliver(cart(venue, 99, { data: { cart_id: 'cart-2' } }))
  const inAWeek = 7 * 24 * 60
  await sweptAt(99)
  expect(await cartsOf(venue)).toHaveLength(2)
  await withSql(database.admin, (sql) => sql`
    update carts set received_at = received_at - interval '8 days' where venue_id = ${venue}`)
  expect(await sweepCarts(new Date(start + 100 * minute))).toMatchObject({ forgotten: 1 })
  expect(await cartsOf(venue)).toEqual([{ isOpen: true }])
  await sweptAt(inAWeek + 130)
  expect(await cartsOf(venue)).toEqual([])
}) // biome-ignore format: one statement

test('an order counts whatever stands where its cart should be', async () => {
  const venue = unique('v')
  for (const cartId of [null, 7, '', 'x'.repeat(500), ['cart-1'], { id: 1 }]) {
    await deliver(order(venue, 5, { data: { cart_id: cartId } }))
  }
  const query = { from: at(0), to: at(9), granularity: 'none' }
  expect((await ask(venue, 'orders', query)).total).toBe(6)
})

test('a cart costs one statement, however many there are, and no cart costs none', async () => {
  const costOf = async (events: Sent[]) => {
    const statements: string[] = []
    // Whether Mongo was in time is not what this is about.
    const stop = observeStatements((one) => {
      if (!one.includes('raw_outbox')) statements.push(one)
    })
    await deliver(events)
    stop()
    return statements.length
  }
  const venue = unique('v')
  const views = (count: number) => Array.from({ length: count }, () => event(venue, 'page.viewed'))
  const without = await costOf(views(1))
  expect(await costOf([...views(1), cart(venue, 0)])).toBe(without + 1)
  const many = Array.from({ length: 90 }, (_, i) =>
    cart(venue, i, { data: { cart_id: `c-${i % 30}` } }),
  )
  expect(await costOf([...views(5), ...many])).toBe(without + 1)
  expect(await costOf(views(9))).toBe(without)
})

test('nobody is named in the table of carts', async () => {
  const venue = unique('v')
  const person = { session_id: 's jane@example.org', customer_id: 'jane', anonymous_id: 'jane-2' }
  await deliver(cart(venue, 0, { actor: person, data: { cart_id: 'jane@example.org' } }))
  const rows = await withTenantJob(
    venue,
    (tx) => tx<{ row: string }[]>`select c::text as row from carts c where venue_id = ${venue}`,
  )
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).not.toMatch(/jane/)
})
