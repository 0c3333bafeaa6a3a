import { startWorker, type Worker } from '../oracle/workers.ts'
import { delivery, paid, unique } from '../support/events.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores, total } from '../support/service.ts'
import { type ChaosProxy, chaosProxy } from './chaos-proxy.ts'
import { type OwnPostgres, ownPostgres } from './own-postgres.ts'

// Lambda freezes a process between two calls; what the server does meanwhile it learns afterwards.
let server: OwnPostgres
let proxy: ChaosProxy
const workers: Worker[] = []

beforeAll(async () => {
  server = await ownPostgres()
  process.env.DATABASE_URL = server.app
  proxy = await chaosProxy({ host: '127.0.0.1', port: server.port })
  await ownQueue()
})
afterEach(async () => {
  await proxy.become({ kind: 'pass' })
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
})
afterAll(async () => {
  await closeStores()
  await proxy.close()
  await server.stop()
})

function start(environment: Record<string, string> = {}) {
  const worker = startWorker({ DATABASE_URL: proxy.through(server.app), ...environment })
  workers.push(worker)
  return worker
}

/** Freezes a worker that has a connection, lets `happen` happen, and delivers as it thaws. */
async function deliverAfterThaw(worker: Worker, venueId: string, happen: () => unknown) {
  expect(await worker.deliver(delivery(paid(venueId)))).toEqual([])
  worker.process.kill('SIGSTOP')
  await happen()
  const answer = worker.deliver(delivery(paid(venueId)))
  worker.process.kill('SIGCONT')
  return answer
}

test.each([
  ['ended by the server', () => server.terminateSessions()],
  ['ended by a server that died', killAndWait],
  ['reset on the way', resetConnections],
])('the first call after a thaw counts, its connection %s', async (_, happen) => {
  const venue = unique('v')
  const worker = start()
  // Whether the end of the connection or the call is heard of first is chance: each comes up.
  for (let thaws = 1; thaws <= 5; thaws += 1) {
    expect(await deliverAfterThaw(worker, venue, happen)).toEqual([])
    expect(await total(venue, 'orders')).toBe(2 * thaws)
  }
})

test('the first call after a thaw counts, its connection forgotten on the way', async () => {
  const venue = unique('v')
  const worker = start()
  // Nobody says that it is gone: what is sent on it is never answered.
  const forget = async () => {
    await proxy.become({ kind: 'silent' })
    await proxy.become({ kind: 'pass' })
  }
  expect(await deliverAfterThaw(worker, venue, forget)).toEqual([])
  expect(await total(venue, 'orders')).toBe(2)
})

async function killAndWait() {
  server.killServer()
  await server.whenBack((sql) => sql`select 1`)
}

async function resetConnections() {
  await proxy.become({ kind: 'away' })
  await proxy.become({ kind: 'pass' })
}
