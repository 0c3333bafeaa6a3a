import fc from 'fast-check'
import { catchUp } from '../../../lib/operations/catch-up.ts'
import { anyMoves, type Clock, moveAfter } from '../../oracle/any-move.ts'
import { oneByOne } from '../../oracle/any-order.ts'
import { anyQuestion } from '../../oracle/any-question.ts'
import { anyHistory, deliverRound, holdsFor, propertyTimeoutMs } from '../../oracle/any-venue.ts'
import { expectRight } from '../../oracle/compare.ts'
import { askDoor } from '../../oracle/doors.ts'
import { places } from '../../oracle/places.ts'
import { areDaysStale } from '../../oracle/rows.ts'
import { type Sent, unique } from '../../support/events.ts'
import { closeStores } from '../../support/service.ts'

afterAll(closeStores)

test.each(places)(
  'a venue that moves from $timezone has all its history in its new days, at every moment',
  async (place) => {
    const questions = fc.tuple(
      ...(['day', 'week', 'month', 'hour'] as const).map((by) => anyQuestion(place, by)),
    )
    // Whether the minute's job comes by after a round.
    const jobs = fc.array(fc.boolean(), { maxLength: 8 })
    await holdsFor(
      fc.asyncProperty(
        anyHistory(place, 20),
        questions,
        anyMoves,
        jobs,
        async (history, asked, moves, tidied) => {
          const venueId = unique('v')
          const events: Sent[] = []
          let clock: Clock | undefined
          const expectNow = async (round: number) => {
            const question = asked[round % asked.length]
            if (!question || !clock) return
            expectRight(await askDoor(venueId, question), events, question, clock)
          }
          for (const [i, round] of oneByOne(history).entries()) {
            await deliverRound(venueId, round)
            events.push(...round.events)
            if (events.some(({ type }) => type === 'venue.updated')) clock ??= place
            if (!clock) continue
            clock = await moveAfter(i, venueId, moves, clock)
            await expectNow(i)
            if (!tidied[i]) continue
            await Promise.all([catchUp(), expectNow(i + 1)])
            expect(await areDaysStale(venueId)).toBe(false)
            await expectNow(i + 2)
          }
        },
      ),
      3,
    )
  },
  propertyTimeoutMs,
)
