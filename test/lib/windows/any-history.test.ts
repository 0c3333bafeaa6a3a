import fc from 'fast-check'
import { config } from '../../../lib/config.ts'
import { anyHistory, deliverRound, holdsFor, propertyTimeoutMs } from '../../oracle/any-venue.ts'
import { summerPlaces } from '../../oracle/places.ts'
import {
  bruteForceWindows,
  forgetWindows,
  numbersOf,
  tick,
  windowsOf,
} from '../../oracle/windows.ts'
import { settableClock } from '../../support/database-clock.ts'
import { dropDatabases, migratedDatabase } from '../../support/databases.ts'
import { event, paid, unique } from '../../support/events.ts'
import { closeStores, deliver } from '../../support/service.ts'

const minute = 60_000
let setClock: (ms: number) => Promise<unknown>

beforeAll(async () => {
  const database = await migratedDatabase()
  const clock = await settableClock(database, database.job)
  setClock = clock.setClock
  Object.assign(config('postgres'), { DATABASE_URL: database.app, DATABASE_JOB_URL: clock.url })
})
afterAll(async () => {
  await closeStores()
  await dropDatabases()
})

// Late, duplicate, refunded and cancelled events; the clock of the job goes on between the ticks,
// over the change of the zone's clock, so that windows of every size open, close and are forgotten.
test.each(summerPlaces.slice(0, 3))(
  'in $timezone, windows made tick by tick are those made at once, and those of brute force',
  (place) => {
    const property = fc.asyncProperty(
      anyHistory(place),
      fc.constantFrom(...place.changes),
      fc.integer({ min: -90, max: 90 }),
      fc.array(fc.constantFrom(0, 1, 7, 61, 180, 1500), { minLength: 1, maxLength: 8 }),
      async (history, change, startsAt, steps) => {
        const venue = unique('v')
        let now = Date.parse(change) + startsAt * minute
        // In turn: the order is what is tested.
        for (const [i, round] of history.rounds.entries()) {
          await deliverRound(venue, round)
          now += (steps[i % steps.length] ?? 0) * minute
          await setClock(now)
          // Some ticks are missed.
          if (i % 3 < 2) await tick(venue)
        }
        await tick(venue)
        const made = await windowsOf(venue)
        expect(numbersOf(made)).toEqual(bruteForceWindows(history.events, place, now))
        await forgetWindows(venue)
        await tick(venue)
        expect(await windowsOf(venue)).toEqual(made)
      },
    )
    return holdsFor(property, 17)
  },
  propertyTimeoutMs,
)

test('three hours without a tick are caught up by the next', async () => {
  const [venue, hour] = [unique('v'), 60 * minute]
  const end = Date.parse('2025-10-26T03:20:00Z')
  const orderAt = (ms: number) => paid(venue, { occurred_at: new Date(ms).toISOString() })
  const zone = { timezone: 'Europe/Madrid', currency: 'USD' }
  const settled = event(venue, 'venue.updated', {
    occurred_at: '2020-01-01T00:00:00Z',
    data: zone,
  })
  const before = [settled, orderAt(end - 3 * hour), orderAt(end - 7 * hour)]
  await deliver(...before)
  await setClock(end - 3 * hour)
  await tick(venue)
  const missed = Array.from({ length: 60 }, (_, i) => orderAt(end - 3 * hour + i * 3 * minute))
  // Batch after batch, as in three hours.
  for (let at = 0; at < missed.length; at += 6) await deliver(...missed.slice(at, at + 6))
  await setClock(end)
  await tick(venue)
  const made = await windowsOf(venue)
  const place = { ...zone, dayStart: '00:00', weekStart: 'monday' as const, changes: [] }
  expect(numbersOf(made)).toEqual(bruteForceWindows([...before, ...missed], place, end))
  const countOf = (tier: string) => made.filter((window) => window.tier === tier).length
  // An hour of minutes; five minutes since the first order; 02:00 to 03:00 occurred twice.
  expect([countOf('minute'), countOf('hour')]).toEqual([20, 5])
  await forgetWindows(venue)
  await tick(venue)
  expect(await windowsOf(venue)).toEqual(made)
})
