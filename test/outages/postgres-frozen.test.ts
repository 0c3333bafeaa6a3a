import { startWorker, type Worker } from '../oracle/workers.ts'
import { delivery, paid, unique } from '../support/events.ts'
import { ownQueue } from '../support/queue.ts'
import { lambdas } from '../support/serverless.ts'
import { closeStores, total } from '../support/service.ts'
import { type OwnPostgres, ownPostgres } from './own-postgres.ts'

const timeoutMs = 1000 * (Object.fromEntries(lambdas).ingestEvents?.timeout ?? 0)
let server: OwnPostgres
const workers: Worker[] = []

beforeAll(async () => {
  server = await ownPostgres()
  process.env.DATABASE_URL = server.app
  await ownQueue()
})
afterEach(async () => {
  server.thaw()
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
})
afterAll(async () => {
  await closeStores()
  await server.stop()
})

const start = (environment: Record<string, string> = {}) => {
  const worker = startWorker(environment)
  workers.push(worker)
  return worker
}

const idsOf = ({ Records }: ReturnType<typeof delivery>) => Records.map((one) => one.messageId)

/** Delivers batch after batch until one comes back; what came back, and how long that took. */
async function deliverUntilFrozen(worker: Worker, venueId: string) {
  for (let batches = 1; ; batches += 1) {
    const batch = delivery(...Array.from({ length: 10 }, () => paid(venueId)))
    const startedAt = Date.now()
    const failed = await worker.deliver(batch)
    if (failed?.length === 0) continue
    return { batch, batches, failed, ms: Date.now() - startedAt }
  }
}

test('frozen under load, every batch comes back in time, and counts once it is thawed', async () => {
  const venues = [unique('v'), unique('v'), unique('v')]
  const running = venues.map((venue) => ({
    venue,
    worker: start({ DATABASE_DEADLINE_MS: '2000' }),
  }))
  await Promise.all(running.map(({ venue, worker }) => worker.deliver(delivery(paid(venue)))))
  const frozen = Promise.all(
    running.map(async ({ venue, worker }) => ({
      ...(await deliverUntilFrozen(worker, venue)),
      venue,
      worker,
    })),
  )
  await server.freeze()
  for (const { batch, failed, ms } of await frozen) {
    expect(failed).toEqual(idsOf(batch))
    expect(ms).toBeLessThan(timeoutMs)
  }
  server.thaw()
  for (const { batch, batches, venue, worker } of await frozen) {
    expect(await worker.deliver(batch)).toEqual([])
    expect(await total(venue, 'orders')).toBe(1 + 10 * batches)
  }
}, 120_000)

test('fifty venues of one batch do not wait one after the other for a frozen Postgres', async () => {
  const orders = Array.from({ length: 50 }, () => paid(unique('v')))
  const arrays = Array.from({ length: 10 }, (_, i) => orders.slice(5 * i, 5 * i + 5))
  const worker = start()
  await worker.deliver(delivery(paid(unique('v'))))
  await server.freeze()
  const startedAt = Date.now()
  const failed = await worker.deliver(delivery(...arrays))
  expect(Date.now() - startedAt).toBeLessThan(timeoutMs)
  // Events of an array are sent again as messages of their own; then the array is acknowledged.
  expect(failed).toEqual([])
  server.thaw()
  expect(await worker.deliver(delivery(...orders))).toEqual([])
  const counted = await Promise.all(orders.map((order) => total(order.venue_id, 'orders')))
  expect(counted).toEqual(orders.map(() => 1))
}, 120_000)

test('a server in the place of the frozen one is used by the next call', async () => {
  const venue = unique('v')
  const worker = start({ DATABASE_DEADLINE_MS: '1500' })
  await worker.deliver(delivery(paid(venue)))
  await server.freeze()
  const batch = delivery(paid(venue), paid(venue))
  expect(await worker.deliver(batch)).toEqual(idsOf(batch))
  server.replace()
  await server.whenBack((sql) => sql`select 1`)
  expect(await worker.deliver(batch)).toEqual([])
  expect(await total(venue, 'orders')).toBe(3)
}, 60_000)
