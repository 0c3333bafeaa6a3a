import fc from 'fast-check'
import { auditVenue } from '../../lib/audit/audit.ts'
import { pageOfRuns, runWhole } from '../../lib/audit/list.ts'
import { insertRun } from '../../lib/audit/store.ts'
import { withTenantJob } from '../../lib/clients/postgres.ts'
import { catchUp } from '../../lib/operations/catch-up.ts'
import { copyShows } from '../../lib/show-sums/copy.ts'
import { aggregateVenue } from '../../lib/windows/aggregate.ts'
import { anyHistory, deliverRound, holdsFor, propertyTimeoutMs } from '../oracle/any-venue.ts'
import { summerPlaces } from '../oracle/places.ts'
import { paid, unique } from '../support/events.ts'
import { closeStores, deliver } from '../support/service.ts'

afterAll(closeStores)

const places = summerPlaces.filter(({ timezone }) =>
  ['America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo'].includes(timezone),
)

/** Audits the year around the changes of a place's clock; tells what was found, store by store. */
async function findings(venueId: string, change: string) {
  const at = (days: number) =>
    new Date(Date.parse(change) + days * 86_400_000).toISOString().slice(0, 10)
  const spans: [string, string][] = [
    [at(-70), at(70)],
    [at(140), at(300)],
  ]
  const run = { occasion: unique('hand'), startedBy: 'hand', spans } as const
  const runId = await withTenantJob(venueId, (tx) => insertRun(tx, venueId, run))
  await auditVenue(venueId, null)
  const whole = await runWhole(venueId, runId)
  expect(whole?.state).toBe('done')
  expect(whole?.archive?.missing).toBe(0)
  return { found: whole?.findings, states: whole?.results.map(({ state }) => state) }
}

/** As the queue does with what failed: again, for a while. On a busy machine Mongo may be too slow once. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let left = 20; ; left -= 1) {
    try {
      return await work()
    } catch (error) {
      if (left === 0) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}

test.each(places)(
  'in $timezone, whatever happened and however it came, an audit finds nothing',
  async (place) => {
    await holdsFor(
      fc.asyncProperty(anyHistory(place), async ({ rounds }) => {
        const venueId = unique('v')
        for (const [i, round] of rounds.entries()) {
          await deliverRound(venueId, round)
          // Made in steps, so that late events find windows that are there.
          if (i % 3 === 1) await aggregateVenue(venueId)
        }
        const [change = ''] = place.changes
        // Before the jobs are done nothing is told as drift either, only as behind.
        expect((await findings(venueId, change)).found).toEqual([])
        await catchUp()
        await aggregateVenue(venueId)
        await again(() => copyShows(venueId))
        const drift: unknown[] = []
        await again(async () => {
          const { found = [], states } = await findings(venueId, change)
          drift.push(...found)
          expect(new Set(states)).toEqual(new Set(['compared']))
        })
        expect(drift).toEqual([])
      }),
      5,
    )
  },
  propertyTimeoutMs,
)

test('an audit finds nothing while events are counted and windows are made', async () => {
  const venue = unique('v')
  const day = new Date().toISOString().slice(0, 10)
  await deliver(paid(venue, { occurred_at: new Date().toISOString() }))
  let isDone = false
  const counting = (async () => {
    while (!isDone) await deliver(paid(venue, { occurred_at: new Date().toISOString() }))
  })()
  const making = (async () => {
    while (!isDone) {
      await aggregateVenue(venue)
      await again(() => copyShows(venue))
    }
  })()
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  for (let i = 0; i < 10; i += 1) {
    const run = { occasion: unique('hand'), startedBy: 'hand' } as const
    const spans: [string, string][] = [[day, tomorrow]]
    await withTenantJob(venue, (tx) => insertRun(tx, venue, { ...run, spans }))
    await auditVenue(venue, null)
  }
  isDone = true
  await Promise.all([counting, making])
  const { items } = await pageOfRuns(venue, { limit: 20 })
  expect(items).toHaveLength(10)
  const found = items.flatMap(({ results }) => results.filter((result) => result.found > 0))
  expect(found).toEqual([])
})
