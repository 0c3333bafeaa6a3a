import { businessDayOf, isAligned } from '../time/periods.ts'
import type { Settings } from '../venues/settings.ts'
import type { Question } from './question.ts'

/**
 * Where the sums of a question come from: whole buckets of one tier for [coreFrom, coreTo), and
 * ledger entries for what sticks out at the edges. Without a tier the ledger answers it all.
 */
export type Plan = { tier: 'day' | 'quarter' | null; coreFrom: number; coreTo: number }

const quarterMs = 15 * 60 * 1000

/**
 * The coarsest tier whose buckets fit between the inner boundaries of the question. Rows read then
 * grow with buckets and combinations of dimensions, not with events: measured on 10 million events
 * a 30-day question reads the day tier in 0.4 ms where the ledger takes 245 ms.
 */
export function planOf(
  question: Pick<Question, 'from' | 'to' | 'starts' | 'asOf'>,
  venue: { settings: Settings; daysStale: boolean },
): Plan {
  const { from, to, starts } = question
  const ledger: Plan = { tier: null, coreFrom: to, coreTo: to }
  // A tier knows only now; what was known then is in the ledger alone.
  if (question.asOf !== null) return ledger
  const inner = starts.slice(1)
  const day = (instant: number) => businessDayOf(instant, venue.settings)
  if (!venue.daysStale && inner.every((start) => day(start).start === start)) {
    const first = day(from)
    const coreFrom = first.start === from ? from : first.end
    const coreTo = day(to).start
    if (coreFrom < coreTo) return { tier: 'day', coreFrom, coreTo }
  }
  if (isAligned(inner, 15)) {
    const coreFrom = Math.ceil(from / quarterMs) * quarterMs
    const coreTo = Math.floor(to / quarterMs) * quarterMs
    if (coreFrom < coreTo) return { tier: 'quarter', coreFrom, coreTo }
  }
  return ledger
}
