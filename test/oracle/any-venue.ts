import fc from 'fast-check'
import { deliver } from '../support/service.ts'
import { anyEvents } from './any-history.ts'
import { anyArrivals, bodiesOf, type History, historyOf, type Round } from './any-order.ts'
import type { Place } from './places.ts'
import { seedOfRun } from './random.ts'

const seed = seedOfRun()
const longestMs = 100_000

/** Long enough for a failure to be shrunk and told. */
export const propertyTimeoutMs = longestMs + 20_000

/**
 * Checks a property with the seed of this run: SEED=… repeats it, RUNS=… checks as many cases
 * instead of `runs`. What fails is made as small as can be in the time there is.
 */
export const holdsFor = <T>(property: fc.IAsyncProperty<T>, runs: number): Promise<void> =>
  fc.assert(property, {
    seed,
    numRuns: Number(process.env.RUNS ?? runs),
    plugins: [fc.interruptAfterTimeLimit(longestMs, { failOnInterrupt: true })],
  })

/** A venue of a place with any history, about `atMost` events, arriving in any order. */
export const anyHistory = (place: Place, atMost = 40): fc.Arbitrary<History> =>
  fc
    .tuple(anyEvents(place, atMost), anyArrivals, fc.boolean())
    .map(([told, arrivals, isSettledFirst]) => {
      const [first, ...later] = arrivals
      const settled = {
        type: 'venue.updated',
        occurred_at: '1930-01-01T00:00:00Z',
        data: {
          timezone: place.timezone,
          currency: 'EUR',
          day_start: place.dayStart,
          week_start: place.weekStart,
        },
        // Its days may be known before the first event, or change under those that came before.
        arrivals: isSettledFirst && first ? [{ ...first, when: -1 }, ...later] : arrivals,
      }
      return historyOf([settled, ...told])
    })

/** Hands over a round; whatever comes back fails the test. */
export async function deliverRound(venueId: string, { batches }: Round): Promise<void> {
  const failed = await Promise.all(batches.map((batch) => deliver(...bodiesOf(venueId, batch))))
  expect(failed.flat()).toEqual([])
}
