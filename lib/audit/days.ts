import { type BusinessDay, businessDayOf, type Calendar } from '../time/periods.ts'
import type { DateSpan } from './store.ts'

const nightBeginsMs = 5 * 3_600_000

/** The night that a moment belongs to: it begins at 05:00 UTC of its date. */
export const nightOf = (now: Date): string =>
  new Date(now.getTime() - nightBeginsMs).toISOString().slice(0, 10)

/** When a night begins, epoch ms. */
export const startOfNight = (night: string): number =>
  Date.parse(`${night}T00:00:00Z`) + nightBeginsMs

/** What the run of a night is known by. */
export const occasionOf = (night: string): string => `night ${night}`

/** The business day before the one that holds an instant. */
export const dayBefore = (instant: number, calendar: Calendar): BusinessDay =>
  businessDayOf(businessDayOf(instant, calendar).start - 1, calendar)

/** [start, end) of business days as their dates. */
export const datesOf = ({ start, end }: Pick<BusinessDay, 'start' | 'end'>, calendar: Calendar) =>
  [businessDayOf(start, calendar).date, businessDayOf(end, calendar).date] satisfies DateSpan
