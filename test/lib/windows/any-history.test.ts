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
import { unique } from '../../support/events.ts'
import { closeStores } from '../../support/service.ts'

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
