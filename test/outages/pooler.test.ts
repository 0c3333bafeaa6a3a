import { freemem } from 'node:os'
import { startWorker, type Worker } from '../oracle/workers.ts'
import { delivery, paid, unique } from '../support/events.ts'
import { ownQueue } from '../support/queue.ts'
import { closeStores, total } from '../support/service.ts'
import { type OwnPostgres, ownPostgres } from './own-postgres.ts'
import { startPooler, testWithPooler } from './pgbouncer.ts'

// By hand with more: TURNOUT_PROCESSES=100 npm test -- test/outages/pooler
const processes = Number(process.env.TURNOUT_PROCESSES ?? 24)
const poolSize = 10
/** 60 for 100 processes, fewer for fewer: without the pooler there would be too few. */
const maxConnections = Math.max(Math.round(0.6 * processes), poolSize + 5)
const batchesEach = 3
const bytesEach = 130e6

let server: OwnPostgres
let pooler: Awaited<ReturnType<typeof startPooler>> | undefined
const workers: Worker[] = []

beforeAll(async () => {
  server = await ownPostgres({ maxConnections })
  await ownQueue()
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await closeStores()
  await pooler?.stop()
  await server.stop()
})

testWithPooler()(
  `${processes} handlers at once share ten connections behind a pooler, and count exactly`,
  async () => {
    if (freemem() < processes * bytesEach) throw new Error('too little memory: fewer processes')
    pooler = await startPooler(server, poolSize)
    process.env.DATABASE_URL = pooler.url
    const venues = Array.from({ length: Math.ceil(processes / 4) }, () => unique('v'))
    // A few at a time, each until it is connected: the storm is of calls, not of processes that start.
    while (workers.length < processes) {
      const some = Array.from({ length: 4 }, () => startWorker())
      workers.push(...some)
      await Promise.all(some.map((worker) => worker.deliver(delivery(paid(unique('v'))))))
    }

    const times: number[] = []
    const storm = async (worker: Worker, own: string) => {
      // One batch after the other: that is what a function does.
      for (let batch = 0; batch < batchesEach; batch += 1) {
        const startedAt = performance.now()
        const bodies = Array.from({ length: 10 }, () => paid(own))
        expect(await worker.deliver(delivery(...bodies))).toEqual([])
        times.push(performance.now() - startedAt)
      }
    }
    let most = 0
    const watching = server.whenBack(async (sql) => {
      while (times.length < processes * batchesEach) {
        const [row] = await sql<{ open: number }[]>`
          select count(*)::int as open from pg_stat_activity where usename = 'turnout_app'`
        most = Math.max(most, row?.open ?? 0)
      }
    })
    await Promise.all(workers.map((worker, i) => storm(worker, venues[i % venues.length] ?? '')))
    await watching

    const refused = workers.filter((worker) =>
      /53300|too many (clients|connections)/.test(worker.log()),
    )
    expect(refused).toEqual([])
    expect(most).toBeLessThanOrEqual(poolSize)
    const p99 = times.toSorted((a, b) => a - b)[Math.ceil(0.99 * times.length) - 1] ?? 0
    console.info(`${processes} processes: p99 ${Math.round(p99)} ms, ${most} connections at most`)
    expect(p99).toBeLessThan(5000)
    for (const [i, venue] of venues.entries()) {
      const own = workers.filter((_, at) => at % venues.length === i).length
      expect(await total(venue, 'orders')).toBe(10 * batchesEach * own)
      expect(await total(venue, 'gross_revenue')).toBe(9100 * 10 * batchesEach * own)
    }
  },
  180_000,
)
