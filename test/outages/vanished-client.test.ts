import { withTenant } from '../../lib/clients/postgres.ts'
import { lockVenue } from '../../lib/ledger/state.ts'
import { startWorker } from '../oracle/workers.ts'
import { delivery, paid, unique } from '../support/events.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores } from '../support/service.ts'
import { type ChaosProxy, chaosProxy } from './chaos-proxy.ts'
import { type OwnPostgres, ownPostgres } from './own-postgres.ts'

let server: OwnPostgres
let proxy: ChaosProxy

beforeAll(async () => {
  server = await ownPostgres()
  proxy = await chaosProxy({ host: '127.0.0.1', port: server.port })
  process.env.DATABASE_URL = proxy.through(server.app)
  await ownQueue()
})
afterAll(async () => {
  await closeStores()
  await proxy.close()
  await server.stop()
})

// Such a session is neither idle nor does it run a statement: no other limit of Postgres ends it.
const waitsForItsClient = () =>
  server.whenBack(async (sql) => {
    const rows = await sql`
      select from pg_stat_activity
       where usename = 'turnout_app' and state = 'active' and wait_event = 'ClientRead'`
    return rows.length > 0
  })

test('a client that vanished in the middle of a statement does not hold its venue for ever', async () => {
  const venue = unique('v')
  const vanished = withTenant(venue, async (tx) => {
    await lockVenue(tx, venue)
    await proxy.become({ kind: 'slow', ms: 600_000 })
    const half = tx`select ${1}::int as one`.execute()
    while (!(await waitsForItsClient())) {}
    await proxy.become({ kind: 'silent' })
    await half
  })
  await expect(vanished).rejects.toThrow('postgres')

  const worker = startWorker({ DATABASE_URL: server.app, DATABASE_DEADLINE_MS: '2000' })
  const batch = delivery(paid(venue))
  const until = Date.now() + 10_000
  let failed = await worker.deliver(batch)
  while (failed?.length !== 0 && Date.now() < until) failed = await worker.deliver(batch)
  await worker.stop()
  expect(failed).toEqual([])
}, 60_000)
