import { bucketStarts, businessDayOf, type Calendar, startOfDay } from '../time/periods.ts'

/** The business days that a report tells of, by when it is due. */
export const periods = [
  'previous_day',
  'previous_7_days',
  'previous_week',
  'previous_month',
  'month_to_date',
  'all',
] as const
export type Period = (typeof periods)[number]

type Span = { from: number; to: number }

const dayMs = 86_400_000

/**
 * The time [from, to) of a period, in epoch ms: whole business days of the calendar. Those of the day,
 * the week or the month before end before the one that holds `due`; `month_to_date` and `all` end with
 * the running day. All begins with the day of `first`, which is the first instant that anything is of.
 */
export function spanOf(period: Period, due: number, calendar: Calendar, first: number): Span {
  const today = businessDayOf(due, calendar)
  // The start of a span of several days lies that many dates back, whatever zone changes are between.
  const daysBack = (days: number) =>
    startOfDay(new Date(Date.parse(today.date) - days * dayMs).toISOString().slice(0, 10), calendar)
  const starts = (unit: 'week' | 'month', days: number) =>
    bucketStarts(daysBack(days), today.end, unit, calendar, 100).slice(-2) as [number, number]
  switch (period) {
    case 'previous_day':
      return { from: businessDayOf(today.start - 1, calendar).start, to: today.start }
    case 'previous_7_days':
      return { from: daysBack(7), to: today.start }
    case 'previous_week': {
      const [from, to] = starts('week', 21)
      return { from, to }
    }
    case 'previous_month': {
      const [from, to] = starts('month', 93)
      return { from, to }
    }
    case 'month_to_date':
      return { from: starts('month', 93)[1], to: today.end }
    case 'all':
      return { from: businessDayOf(Math.min(first, due), calendar).start, to: today.end }
  }
}
