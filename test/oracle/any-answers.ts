import fc from 'fast-check'
import { unique } from '../support/events.ts'
import { anyQuestion, granularities } from './any-question.ts'
import { anyHistory, deliverRound, holdsFor } from './any-venue.ts'
import { expectRight } from './compare.ts'
import { askDoor } from './doors.ts'
import type { Place } from './places.ts'

/** However events arrive, the answers on every granularity are those of brute force. */
export function expectBruteForceInAnyOrder(place: Place, runs: number): Promise<void> {
  const questions = fc.tuple(...granularities.map((by) => anyQuestion(place, by)))
  return holdsFor(
    fc.asyncProperty(anyHistory(place), questions, async ({ events, rounds }, asked) => {
      const venueId = unique('v')
      for (const round of rounds) await deliverRound(venueId, round)
      for (const question of asked) {
        expectRight(await askDoor(venueId, question), events, question, place)
      }
    }),
    runs,
  )
}
