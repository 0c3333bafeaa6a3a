import { startWorker, type Worker } from '../oracle/workers.ts'
import { delivery, paid, unique } from '../support/events.ts'
import { closeStores, total } from '../support/service.ts'
import { type ChaosProxy, chaosProxy } from './chaos-proxy.ts'

const pairs = 12
let mongo: ChaosProxy
let redis: ChaosProxy
let calm: Worker
let slow: Worker

const behind = (address = '') => {
  const { hostname, port } = new URL(address)
  return chaosProxy({ host: hostname, port: Number(port) })
}
const { MONGODB_URI = '', UPSTASH_REDIS_REST_URL = '' } = process.env

beforeAll(async () => {
  mongo = await behind(MONGODB_URI)
  redis = await behind(UPSTASH_REDIS_REST_URL)
})
beforeEach(async () => {
  calm = startWorker()
  slow = startWorker({
    MONGODB_URI: mongo.through(MONGODB_URI),
    UPSTASH_REDIS_REST_URL: redis.through(UPSTASH_REDIS_REST_URL),
  })
  // The first batch of a process connects and loads.
  await Promise.all([timed(calm, unique('v')), timed(slow, unique('v'))])
})
afterEach(async () => {
  await Promise.all([calm.stop(), slow.stop()])
})
afterAll(async () => {
  await Promise.all([mongo.close(), redis.close(), closeStores()])
})

async function timed(worker: Worker, venueId: string) {
  const now = { occurred_at: new Date().toISOString() }
  const startedAt = performance.now()
  const batch = delivery(...Array.from({ length: 10 }, () => paid(venueId, now)))
  expect(await worker.deliver(batch)).toEqual([])
  return performance.now() - startedAt
}

test.each([
  ['Mongo', () => mongo, 'raw copies wait in the outbox'],
  ['Redis', () => redis, 'live numbers wait for the next batch'],
])(
  'a %s that takes five seconds costs batches next to nothing',
  async (_, proxy, sentence) => {
    const [here, there] = [unique('v'), unique('v')]
    await proxy().become({ kind: 'slow', ms: 5000 })
    const startedAt = performance.now()
    const extra: number[] = []
    // In turn, so that a busy machine is as busy for the one as for the other.
    for (let pair = 0; pair < pairs; pair += 1) {
      const without = await timed(calm, here)
      extra.push((await timed(slow, there)) - without)
    }
    const seconds = (performance.now() - startedAt) / 1000
    await proxy().become({ kind: 'pass' })
    const mean = extra.reduce((sum, ms) => sum + ms, 0) / pairs
    expect(mean).toBeLessThan(300)
    // It was tried, and after each failure it had a rest.
    const trials = slow.log().split(sentence).length - 1
    expect(trials).toBeGreaterThanOrEqual(1)
    expect(trials).toBeLessThanOrEqual(1 + seconds / 5)
    const day = { from: today(-1), to: today(2) }
    expect(await total(there, 'orders', day)).toBe(10 * pairs)
  },
  60_000,
)

const today = (offset: number) =>
  new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
