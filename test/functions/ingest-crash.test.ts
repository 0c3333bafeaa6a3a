import { historyOf, type Plan, plans } from '../oracle/history.ts'
import { randomOf, seedOfRun } from '../oracle/random.ts'
import { deliveriesOf, startWorker } from '../oracle/workers.ts'
import { type Sent, unique } from '../support/events.ts'
import { ask, closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const lanes = 3
const kills = 15
const random = randomOf(seedOfRun())
const metrics = [
  'orders',
  'tickets_sold',
  'gross_revenue',
  'refunds',
  'cancelled_value',
  'tickets_cancelled',
  'orders_cancelled',
  'unique_buyers',
  'scans_accepted',
  'admissions',
  'page_views',
]

test('workers killed in the middle of their batches lose nothing and count nothing twice', async () => {
  const [late, early] = plans() as [Plan, Plan]
  const told = [late, early].map((plan) => ({ plan, events: historyOf(plan, random, 600) }))
  const killed = await deliverUnderFire(told.flatMap(({ events }) => events))
  expect(killed).toBe(kills)

  for (const { plan, events } of told) {
    const calm = unique('v')
    await inPeace(events.map((event) => ({ ...event, venue_id: calm })))
    for (const metric of metrics) {
      const { from, to } = plan
      const query = { from, to, granularity: 'day', group_by: 'channel' }
      const [fire, peace] = [await ask(plan.venueId, metric, query), await ask(calm, metric, query)]
      expect(fire.series).toEqual(peace.series)
    }
  }
}, 60_000)

// A kill loses the answer, not always the work: the batch is delivered again either way.
async function deliverUnderFire(events: Sent[]): Promise<number> {
  const batches = deliveriesOf(events, random, 2)
  let killed = 0
  const work = async () => {
    let worker = startWorker()
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      const isDoomed = killed < kills && (random.chance(0.5) || batches.length < kills - killed)
      if (isDoomed) killed += 1
      const { process } = worker
      const delay = random.below(250)
      const timer = isDoomed ? setTimeout(() => process.kill('SIGKILL'), delay) : undefined
      const failed = await worker.deliver(batch)
      if (failed === undefined || failed.length > 0) batches.push(batch)
      if (!isDoomed) continue
      clearTimeout(timer)
      await worker.stop()
      worker = startWorker()
    }
    await worker.stop()
  }
  await Promise.all(Array.from({ length: lanes }, work))
  return killed
}

async function inPeace(events: Sent[]): Promise<void> {
  for (let i = 0; i < events.length; i += 100) {
    expect(await deliver(events.slice(i, i + 100))).toEqual([])
  }
}
