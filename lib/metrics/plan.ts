import { businessDayOf, isAligned } from '../time/periods.ts'
import type { Settings } from '../venues/settings.ts'
import type { Question } from './question.ts'

/** A piece of a question's time, [from, to), and where its sums are read. */
export type Span = { source: 'day' | 'quarter' | 'ledger'; from: number; to: number }

const quarterMs = 15 * 60 * 1000

/**
 * The coarsest sums that tile the question's time without crossing a boundary of its buckets: days,
 * quarter hours for what sticks out of them, ledger entries for what sticks out of those. Rows read
 * then grow with buckets and combinations of dimensions, not with events.
 */
export function planOf(
  question: Pick<Question, 'from' | 'to' | 'starts' | 'asOf'>,
  venue: { settings: Settings; daysStale: boolean },
): Span[] {
  const { from, to, starts } = question
  // A tier knows only now; what was known then is in the ledger alone.
  if (question.asOf !== null) return [{ source: 'ledger', from, to }]
  const inner = starts.slice(1)
  const day = (instant: number) => businessDayOf(instant, venue.settings)
  if (!venue.daysStale && inner.every((start) => day(start).start === start)) {
    const first = day(from)
    const firstDay = first.start === from ? from : first.end
    const lastDay = day(to).start
    if (firstDay < lastDay) {
      const days: Span = { source: 'day', from: firstDay, to: lastDay }
      return [...quarters(from, firstDay), days, ...quarters(lastDay, to)]
    }
  }
  return isAligned(inner, 15) ? quarters(from, to) : [{ source: 'ledger', from, to }]
}

function quarters(from: number, to: number): Span[] {
  const first = Math.ceil(from / quarterMs) * quarterMs
  const last = Math.floor(to / quarterMs) * quarterMs
  const spans: Span[] =
    first < last
      ? [
          { source: 'ledger', from, to: first },
          { source: 'quarter', from: first, to: last },
          { source: 'ledger', from: last, to },
        ]
      : [{ source: 'ledger', from, to }]
  return spans.filter((span) => span.from < span.to)
}
