import fc from 'fast-check'
import { anyMoves, type Clock, moveAfter } from '../../oracle/any-move.ts'
import { oneByOne } from '../../oracle/any-order.ts'
import { anyQuestion, granularities, type Question, resolved } from '../../oracle/any-question.ts'
import { anyHistory, deliverRound, holdsFor, propertyTimeoutMs } from '../../oracle/any-venue.ts'
import { expectRight } from '../../oracle/compare.ts'
import { type Answer, askDoor } from '../../oracle/doors.ts'
import { places } from '../../oracle/places.ts'
import { type Sent, unique } from '../../support/events.ts'
import { closeStores } from '../../support/service.ts'

afterAll(closeStores)

type Known = { question: Question; answer: Answer; events: Sent[]; clock: Clock }

test.each(places)(
  'in $timezone, what was known then stays what was known then',
  async (place) => {
    const coarseToFine = granularities.toReversed()
    const questions = fc.tuple(...coarseToFine.map((by) => anyQuestion(place, by)))
    await holdsFor(
      fc.asyncProperty(
        anyHistory(place, 20),
        questions,
        anyMoves,
        async (history, asked, moves) => {
          const venueId = unique('v')
          const known: Known[] = []
          const events: Sent[] = []
          let clock: Clock | undefined
          for (const [i, round] of oneByOne(history).entries()) {
            await deliverRound(venueId, round)
            events.push(...round.events)
            if (events.some(({ type }) => type === 'venue.updated')) clock ??= place
            const question = asked[i % asked.length]
            if (!clock || !question) continue
            const fixed = { ...question, tz: question.tz ?? clock.timezone }
            const answer = await askDoor(venueId, fixed)
            known.push({ question: fixed, answer, events: [...events], clock })
            clock = await moveAfter(i, venueId, moves, clock)
          }
          for (const one of known) await expectSame(venueId, one, clock ?? place)
        },
      ),
      3,
    )
  },
  propertyTimeoutMs,
)

/** The moment fixes what is counted; where days begin, the venue says as it does now. */
async function expectSame(venueId: string, known: Known, clock: Clock): Promise<void> {
  const { question, answer, events } = known
  const again = await askDoor(venueId, question, answer.asOf)
  expectRight(again, events, question, clock)
  if (bucketsOf(question, known.clock) === bucketsOf(question, clock)) expect(again).toEqual(answer)
}

function bucketsOf(question: Question, place: Clock): string {
  const { clock, asked } = resolved(question, place)
  return JSON.stringify([asked.to, clock.starts(asked.from, asked.to, asked.granularity)])
}
