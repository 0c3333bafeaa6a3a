import { observeStatements } from '../../lib/clients/postgres.ts'
import { historyOf, plans } from '../oracle/history.ts'
import { httpProxy, mongoProxy } from '../oracle/proxies.ts'
import { randomOf, seedOfRun } from '../oracle/random.ts'
import { event, paid, type Sent, unique } from '../support/events.ts'
import { closeStores, deliver, total } from '../support/service.ts'

let redis: Awaited<ReturnType<typeof httpProxy>>
let mongo: Awaited<ReturnType<typeof mongoProxy>>
const random = randomOf(seedOfRun())

// Before any client is made: clients keep the address they began with.
beforeAll(async () => {
  redis = await httpProxy(String(process.env.UPSTASH_REDIS_REST_URL))
  mongo = await mongoProxy(String(process.env.MONGODB_URI))
  process.env.UPSTASH_REDIS_REST_URL = redis.url
  process.env.MONGODB_URI = mongo.uri
  await deliver(paid(unique('v'))) // connections are made, and say hello
})

afterAll(async () => {
  await closeStores()
  redis.close()
  mongo.close()
})

test('one event and a thousand cost the same number of statements', async () => {
  const one = await costOf([paid(unique('v'))])
  const venue = unique('v')
  const thousand = await costOf(Array.from({ length: 1000 }, () => paid(venue)))
  expect(await total(venue, 'orders')).toBe(1000)
  expect(thousand.statements).toBe(one.statements)
  expect(one.statements).toBeLessThanOrEqual(12)
})

test('a mixed history of a thousand costs no more statements than one of each type', async () => {
  const small = await costOf(oneOfEach(unique('v')))
  const [plan] = plans()
  if (!plan) throw new Error('there are plans')
  const large = await costOf(historyOf(plan, random, 1000))
  expect(large.statements).toBeLessThanOrEqual(small.statements)
})

test('what is known already costs fewer statements, a thousand as few as one', async () => {
  const venue = unique('v')
  const events = Array.from({ length: 1000 }, () => paid(venue))
  await costOf(events)
  const again = await costOf(events)
  const first = events[0] as Sent
  expect(again.statements).toBe((await costOf([first])).statements)
  expect(again.statements).toBeLessThan((await costOf([paid(unique('v'))])).statements)
})

test('statements grow with the venues of a batch, not with their events', async () => {
  const { statements } = await costOf([paid(unique('v'))])
  const venues = [unique('v'), unique('v'), unique('v')]
  const three = await costOf(venues.flatMap((v) => Array.from({ length: 300 }, () => paid(v))))
  expect(three.statements).toBe(3 * statements)
})

test('Redis gets one request for a batch, whatever it holds', async () => {
  const today = { occurred_at: new Date().toISOString() }
  const venues = Array.from({ length: 5 }, () => unique('v'))
  const batch = venues.flatMap((v) => Array.from({ length: 100 }, () => paid(v, today)))
  const { requests } = await costOf(batch)
  expect(requests).toHaveLength(1)
  expect(venues.every((venue) => requests[0]?.includes(venue))).toBe(true)
})

test('Redis is told how current its numbers are when nothing is of today', async () => {
  expect((await costOf([paid(unique('v'))])).requests).toHaveLength(1)
})

test('Redis is left alone when nothing is new', async () => {
  const known = paid(unique('v'))
  await costOf([known])
  let requests: string[] = []
  await whenMongoTakes(async () => {
    const cost = await costOf([known])
    requests = cost.requests
    return cost.commands
  })
  expect(requests).toEqual([])
})

test('Mongo gets one write for each venue of a batch, and nothing else', async () => {
  const written = await whenMongoTakes(async () => {
    const venues = [unique('v'), unique('v'), unique('v')]
    return (await costOf(venues.flatMap((v) => Array.from({ length: 100 }, () => paid(v)))))
      .commands
  })
  expect(new Set(written)).toEqual(new Set(['update']))
  expect(written.length).toBeLessThanOrEqual(3)
})

// On a busy machine Mongo may be too slow once, and then it rests for five seconds.
async function whenMongoTakes(work: () => Promise<string[]>): Promise<string[]> {
  for (let left = 10; left > 0; left -= 1) {
    const commands = (await work()).filter((name) => !['hello', 'handshake'].includes(name))
    if (commands.length > 0) return commands
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  return []
}

// Ten messages, as the queue hands them over.
async function costOf(events: Sent[]) {
  const size = Math.ceil(events.length / 10)
  const bodies = Array.from({ length: 10 }, (_, i) => events.slice(i * size, (i + 1) * size))
  const statements: string[] = []
  // The outbox is not counted: whether Mongo was in time is not what these tests are about.
  const stop = observeStatements((statement) => {
    if (!statement.includes('raw_outbox')) statements.push(statement)
  })
  const [requests, commands] = [redis.requests.length, mongo.commands.length]
  const failed = await deliver(...bodies.filter((body) => body.length > 0))
  stop()
  expect(failed).toEqual([])
  return {
    statements: statements.length,
    requests: redis.requests.slice(requests),
    commands: mongo.commands.slice(commands),
  }
}

function oneOfEach(venue: string): Sent[] {
  const settings = { timezone: 'Europe/Berlin', currency: 'EUR' }
  const order = paid(venue)
  const { order_id } = order.data as { order_id: string }
  return [
    event(venue, 'venue.updated', { data: settings }),
    order,
    event(venue, 'order.cancelled', { data: { order_id } }),
    event(venue, 'ticket.scanned', { data: { scan_id: 's-1', ticket_id: 't-1', result: 'ok' } }),
    event(venue, 'page.viewed'),
  ]
}
