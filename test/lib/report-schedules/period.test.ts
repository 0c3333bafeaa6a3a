import * as fc from 'fast-check'
import { type Period, periods, spanOf } from '../../../lib/report-schedules/period.ts'
import { businessDayOf, type Calendar, type Weekday } from '../../../lib/time/periods.ts'
import { formatInstant } from '../../../lib/time/zones.ts'

const newYork: Calendar = { timeZone: 'America/New_York', dayStart: '06:00', weekStart: 'sunday' }

const spans = (due: string, calendar: Calendar) =>
  Object.fromEntries(
    periods.map((period) => {
      const { from, to } = spanOf(
        period,
        Date.parse(due),
        calendar,
        Date.parse('2025-05-05T05:00Z'),
      )
      const text = (at: number) => formatInstant(at, calendar.timeZone).slice(0, 16)
      return [period, [text(from), text(to)]]
    }),
  )

test('periods are whole business days of the calendar', () => {
  // A Wednesday; at four in the morning the business day is still Tuesday's.
  expect(spans('2026-06-03T04:00:00-04:00', newYork)).toEqual({
    previous_day: ['2026-06-01T06:00', '2026-06-02T06:00'],
    previous_7_days: ['2026-05-26T06:00', '2026-06-02T06:00'],
    previous_week: ['2026-05-24T06:00', '2026-05-31T06:00'],
    previous_month: ['2026-05-01T06:00', '2026-06-01T06:00'],
    month_to_date: ['2026-06-01T06:00', '2026-06-03T06:00'],
    all: ['2025-05-04T06:00', '2026-06-03T06:00'],
  })
})

test('on the first day of a week and a month the last ones are whole', () => {
  const calendar: Calendar = { timeZone: 'Europe/Madrid', dayStart: '00:00', weekStart: 'monday' }
  expect(spans('2026-06-01T00:00:00+02:00', calendar)).toMatchObject({
    previous_week: ['2026-05-25T00:00', '2026-06-01T00:00'],
    previous_month: ['2026-05-01T00:00', '2026-06-01T00:00'],
    month_to_date: ['2026-06-01T00:00', '2026-06-02T00:00'],
  })
})

const calendars = fc.record({
  timeZone: fc.constantFrom(
    ...[
      'Europe/Madrid',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Pacific/Apia',
    ],
  ),
  dayStart: fc.constantFrom('00:00', '02:30', '06:00', '23:59'),
  weekStart: fc.constantFrom<Weekday>('monday', 'sunday', 'saturday'),
})
const names = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** The period told by walking back day after day. */
function walked(period: Period, due: number, calendar: Calendar) {
  const day = (at: number) => businessDayOf(at, calendar)
  const before = (one: { start: number }) => day(one.start - 1)
  const isMonths = ({ date }: { date: string }) => date.endsWith('-01')
  const isWeeks = ({ date }: { date: string }) =>
    names[new Date(date).getUTCDay()] === calendar.weekStart
  const startOf = (one: ReturnType<typeof day>, is: typeof isWeeks) => {
    let first = one
    while (!is(first)) first = before(first)
    return first
  }
  const today = day(due)
  switch (period) {
    case 'previous_day':
      return { from: before(today).start, to: today.start }
    case 'previous_week': {
      const to = startOf(today, isWeeks)
      return { from: startOf(before(to), isWeeks).start, to: to.start }
    }
    case 'previous_month': {
      const to = startOf(today, isMonths)
      return { from: startOf(before(to), isMonths).start, to: to.start }
    }
    case 'month_to_date':
      return { from: startOf(today, isMonths).start, to: today.end }
    default:
      return undefined
  }
}

test('the periods of any moment are those of a walk back day after day', () => {
  const property = fc.property(
    fc.integer({ min: Date.parse('2010-01-01'), max: Date.parse('2030-01-01') }),
    calendars,
    (due, calendar) => {
      for (const period of periods) {
        const span = spanOf(period, due, calendar, due)
        const expected = walked(period, due, calendar)
        if (expected) expect([period, span]).toEqual([period, expected])
        expect(span.from).toBeLessThan(span.to)
        expect(businessDayOf(span.from, calendar).start).toBe(span.from)
      }
    },
  )
  fc.assert(property, { numRuns: 500 })
})
