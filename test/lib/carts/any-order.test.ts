import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import fc from 'fast-check'
import { sweepCarts } from '../../../lib/carts/sweep.ts'
import { sqs } from '../../../lib/clients/sqs.ts'
import { config } from '../../../lib/config.ts'
import { anyArrivals, historyOf } from '../../oracle/any-order.ts'
import { deliverRound, holdsFor, propertyTimeoutMs } from '../../oracle/any-venue.ts'
import { dropDatabases, migratedDatabase } from '../../support/databases.ts'
import { type Sent, unique } from '../../support/events.ts'
import { ownQueue } from '../../support/queue.ts'
import { ask, closeStores, deliver } from '../../support/service.ts'

const minute = 60_000
const start = Date.now() - 100 * minute

let queue = ''

beforeAll(async () => {
  const { app, job } = await migratedDatabase()
  Object.assign(config('postgres'), { DATABASE_URL: app, DATABASE_JOB_URL: job })
  queue = await ownQueue()
})
afterAll(async () => {
  await closeStores()
  await dropDatabases()
})

// Few names and minutes, so that everything meets everything.
const anyEvent = fc
  .record({
    type: fc.constantFrom('cart.updated', 'cart.updated', 'checkout.step', 'order.paid'),
    minutes: fc.constantFrom(0, 6, 30, 31),
    cart: fc.constantFrom('cart-1', 'cart-1', 'cart-1', 'cart-2', undefined),
    visit: fc.constantFrom('s-1', 's-1', 's-2', 's-2', undefined),
    isEmpty: fc.constantFrom(...Array(7).fill(false), true),
    isTest: fc.constantFrom(...Array(7).fill(false), true),
    arrivals: anyArrivals,
  })
  .map(({ type, minutes, cart, visit, isEmpty, isTest, arrivals }) => {
    const line = { ticket_type_id: 'stalls', quantity: 2, unit_price_minor: 4550 }
    const items = isEmpty && type === 'cart.updated' ? [] : [line]
    const order = { order_id: `o-${minutes}`, currency: 'USD', items }
    const data = { step: { step: 'seats' }, paid: order, updated: { items } }
    return {
      arrivals,
      type,
      occurred_at: new Date(start + minutes * minute).toISOString(),
      test_mode: isTest,
      actor: { session_id: visit },
      data: { cart_id: cart, ...data[type.split('.')[1] as keyof typeof data] },
    }
  })

type Facts = { cart_id?: string; items: unknown[] }
const factsOf = (event: Sent): Facts => event.data as Facts
const visitOf = (event: Sent): string | undefined =>
  (event.actor as { session_id?: string }).session_id
const atOf = (event: Sent): number => Date.parse(String(event.occurred_at))

function keyOf(event: Sent): string | undefined {
  const { cart_id: cart } = factsOf(event)
  const visit = event.type === 'cart.updated' ? visitOf(event) : undefined
  if (event.type === 'order.paid' || !(cart ?? visit)) return undefined
  return `${event.test_mode} ${cart ? `cart ${cart}` : `visit ${visit}`}`
}

const lastOf = (events: Sent[]): Sent | undefined =>
  events.toSorted((a, b) => atOf(a) - atOf(b) || (a.event_id < b.event_id ? -1 : 1)).at(-1)

/** The carts abandoned at `now` by all that is known then: whose, and when they are booked. */
function bruteForce(known: Sent[], now: number): string[] {
  const carts = Map.groupBy(known, keyOf)
  carts.delete(undefined)
  return [...carts].flatMap(([key, own]) => {
    const last = lastOf(own) as Sent
    const filled = lastOf(own.filter(({ type }) => type === 'cart.updated'))
    if (!filled || factsOf(filled).items.length === 0) return []
    if (atOf(last) + 30 * minute > now) return []
    const visits = [visitOf(last), visitOf(filled)].filter(Boolean)
    const isPaid = known.some(
      (event) =>
        event.type === 'order.paid' &&
        event.test_mode === filled.test_mode &&
        atOf(event) >= atOf(filled) &&
        (visits.includes(visitOf(event)) ||
          (factsOf(event).cart_id && factsOf(event).cart_id === factsOf(filled).cart_id)),
    )
    return isPaid ? [] : [`${key} ${atOf(last) + 30 * minute}`]
  })
}

/** The events in the queue, taken out of it. */
async function taken(): Promise<Sent[]> {
  const events: Sent[] = []
  for (;;) {
    const { Messages: found = [] } = await sqs().send(
      new ReceiveMessageCommand({
        QueueUrl: queue,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
      }),
    )
    if (found.length === 0) return events
    events.push(...found.flatMap(({ Body = '' }) => JSON.parse(Body) as Sent[]))
  }
}

// Repeated, shuffled and late; swept between the arrivals at moments that need not be their own.
test(
  'however updates and orders arrive, what is abandoned is what all that was known made so, once',
  () => {
    const property = fc.asyncProperty(
      fc.array(anyEvent, { minLength: 4, maxLength: 12 }),
      fc.array(fc.constantFrom(0, 5, 25, 30, 40), { minLength: 1, maxLength: 6 }),
      async (told, steps) => {
        const venue = unique('v')
        const history = historyOf(told)
        const known: Sent[] = []
        const expected = new Set<string>()
        const found: Sent[] = []
        let now = start
        const sweep = async () => {
          for (const one of bruteForce(known, now)) expected.add(one)
          const { failed } = await sweepCarts(new Date(now))
          const swept = await taken()
          found.push(...swept.filter(({ venue_id }) => venue_id === venue))
          return failed
        }
        // In turn: the order is what is tested.
        for (const [i, round] of history.rounds.entries()) {
          await deliverRound(venue, round)
          known.push(...round.events)
          now += (steps[i % steps.length] ?? 0) * minute
          expect(await sweep()).toBe(0)
        }
        now = start + 95 * minute
        expect(await sweep()).toBe(0)
        const isNamed = ({ data, actor, test_mode, occurred_at }: Sent) => {
          const { cart_id: cart } = data as Facts
          const visit = (actor as { session_id?: string } | undefined)?.session_id
          const name = cart ? `cart ${cart}` : `visit ${visit}`
          return `${test_mode} ${name} ${Date.parse(String(occurred_at))}`
        }
        expect(found.map(isNamed).sort()).toEqual([...expected].sort())
        // What was sent is counted once, however often it comes.
        await deliver(...found, ...found)
        await deliver(...found)
        const from = new Date(start).toISOString()
        const { total } = await ask(venue, 'carts_abandoned', {
          from,
          to: '2100-01-01',
          granularity: 'none',
          include_test: 'true',
        })
        expect(total).toBe(expected.size)
      },
    )
    return holdsFor(property, 60)
  },
  propertyTimeoutMs,
)
