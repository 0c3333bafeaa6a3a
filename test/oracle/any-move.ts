import fc from 'fast-check'
import { handler as settings } from '../../functions/http/settings.ts'
import { event } from '../support/events.ts'
import { call, deliver } from '../support/service.ts'
import { type Place, places } from './places.ts'

/** How a venue cuts time. */
export type Clock = Omit<Place, 'changes'>

/** The moves of a venue, each to be made after a round or not; by hand, or told by the platform. */
export type Moves = { after: (Clock | undefined)[]; areByHand: boolean }

/** Any moves to others of the places. */
export const anyMoves: fc.Arbitrary<Moves> = fc.record({
  after: fc.array(
    fc.option(fc.constantFrom(...places.map(({ changes: _, ...clock }) => clock)), {
      nil: undefined,
    }),
    { maxLength: 8 },
  ),
  areByHand: fc.boolean(),
})

/** Moves a venue after the round of that index, if it is to; returns how it cuts time then. */
export async function moveAfter(
  round: number,
  venueId: string,
  { after, areByHand }: Moves,
  clock: Clock,
): Promise<Clock> {
  const to = after[round]
  if (!to) return clock
  if (areByHand) await settle(venueId, to)
  else await tell(venueId, to, new Date(Date.UTC(2026, 0, 1 + round)))
  return to
}

async function tell(venueId: string, to: Clock, at: Date): Promise<void> {
  const data = {
    timezone: to.timezone,
    day_start: to.dayStart,
    week_start: to.weekStart,
    currency: 'EUR',
  }
  const moved = event(venueId, 'venue.updated', { occurred_at: at.toISOString(), data })
  expect(await deliver(moved)).toEqual([])
}

async function settle(venueId: string, to: Clock): Promise<void> {
  const caller = { venues: { [venueId]: 'manager' as const } }
  const params = { venueId }
  const read = await call(settings, 'GET /v1/venues/{venueId}/settings', { caller, params })
  const answer = await call(settings, 'PUT /v1/venues/{venueId}/settings', {
    caller,
    params,
    headers: { 'if-match': String(read.headers.etag) },
    body: { ...to, currency: 'EUR' },
  })
  expect(answer.status).toBe(200)
}
