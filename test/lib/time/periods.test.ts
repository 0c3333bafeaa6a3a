import * as fc from 'fast-check'
import { parseMoment } from '../../../lib/time/moment.ts'
import type { Calendar, Granularity } from '../../../lib/time/periods.ts'
import {
  bucketStarts,
  businessDayOf,
  isAligned,
  startOfDay,
  TooManyBuckets,
} from '../../../lib/time/periods.ts'
import { formatInstant } from '../../../lib/time/zones.ts'
import { oddZones, walkClockBuckets, walkDayBuckets, walkToStartOfDay } from './oracle.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const LIMIT = 10_000

const at = (text: string) => Date.parse(text)

const calendarIn = (timeZone: string, dayStart = '00:00'): Calendar => ({
  timeZone,
  dayStart,
  weekStart: 'monday',
})

/** The buckets between two moments of the contract, written as the contract writes them. */
function buckets(from: string, to: string, granularity: Granularity, calendar: Calendar): string[] {
  const [start, end] = [parseMoment(from, calendar), parseMoment(to, calendar)]
  if (start === undefined || end === undefined) throw new Error(`${from} or ${to} is no moment`)
  return bucketStarts(start, end, granularity, calendar, LIMIT).map((instant) =>
    formatInstant(instant, calendar.timeZone),
  )
}

function hoursOfDay(date: string, calendar: Calendar): number {
  const { start, end } = businessDayOf(startOfDay(date, calendar), calendar)
  return (end - start) / HOUR
}

const weekdays = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const

const anyCalendar: fc.Arbitrary<Calendar> = fc.record({
  timeZone: fc.constantFrom(...oddZones),
  dayStart: fc.constantFrom('00:00', '00:30', '01:30', '02:00', '02:30', '03:15', '06:00', '23:45'),
  weekStart: fc.constantFrom(...weekdays),
})
const anyInstant = fc.integer({
  min: at('1970-01-01T00:00:00Z'),
  max: at('2038-01-01T00:00:00Z') - 1,
})
const granularities = ['minute', '5min', 'hour', 'day', 'week', 'month', 'none'] as const

// Near enough to a transition to meet it: random instants of 68 years seldom do.
const oddMoments: [string, string][] = [
  ['Europe/Madrid', '2025-03-30T01:00:00Z'],
  ['Europe/Madrid', '2025-10-26T01:00:00Z'],
  ['America/New_York', '2024-03-10T07:00:00Z'],
  ['America/New_York', '2024-11-03T06:00:00Z'],
  ['Australia/Lord_Howe', '2024-04-06T15:00:00Z'],
  ['Australia/Lord_Howe', '2024-10-05T15:30:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ['America/Sao_Paulo', '2018-02-18T02:00:00Z'],
  ['America/St_Johns', '2010-03-14T03:31:00Z'],
  ['America/St_Johns', '2010-11-07T02:31:00Z'],
  ['Antarctica/Troll', '2024-03-31T01:00:00Z'],
  ['Antarctica/Troll', '2024-10-27T01:00:00Z'],
  ['Asia/Kathmandu', '1985-12-31T18:30:00Z'],
  ['America/Caracas', '2016-05-01T07:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Pacific/Kiritimati', '1994-12-31T10:40:00Z'],
]

describe('the length of business days', () => {
  test.each([
    ['Europe/Madrid', '2025-03-30', 23],
    ['Europe/Madrid', '2025-10-26', 25],
    ['Europe/Madrid', '2025-10-27', 24],
    ['America/New_York', '2024-03-10', 23],
    ['America/New_York', '2024-11-03', 25],
    ['Australia/Lord_Howe', '2024-10-06', 23.5],
    ['Australia/Lord_Howe', '2024-04-07', 24.5],
    ['America/Sao_Paulo', '2018-11-04', 23],
    ['Asia/Kolkata', '2025-03-30', 24],
    ['Asia/Kathmandu', '2025-03-30', 24],
    ['Pacific/Kiritimati', '2025-03-30', 24],
    ['Antarctica/Troll', '2024-03-31', 22],
  ])('in %s, %s has %d hours', (timeZone, date, hours) => {
    expect(hoursOfDay(date, calendarIn(timeZone))).toBe(hours)
  })

  test('a day that begins at 06:00 leaves the change of clocks to the date before', () => {
    const club = calendarIn('Europe/Madrid', '06:00')
    expect(hoursOfDay('2025-03-29', club)).toBe(23)
    expect(hoursOfDay('2025-03-30', club)).toBe(24)
    expect(hoursOfDay('2025-10-25', club)).toBe(25)
  })
})

describe('where a business day begins', () => {
  test.each([
    ['Asia/Kolkata', '2016-07-01', '2016-06-30T18:30:00Z'],
    ['Asia/Kathmandu', '2016-07-01', '2016-06-30T18:15:00Z'],
    ['Pacific/Kiritimati', '2016-07-01', '2016-06-30T10:00:00Z'],
    ['America/New_York', '2016-07-01', '2016-07-01T04:00:00Z'],
    ['UTC', '2016-02-29', '2016-02-29T00:00:00Z'],
    ['UTC', '0099-12-31', '0099-12-31T00:00:00Z'],
  ])('in %s, %s begins at %s', (timeZone, date, start) => {
    expect(startOfDay(date, calendarIn(timeZone))).toBe(at(start))
  })

  test('without a midnight, the day begins when the clock goes on: Sao Paulo 2018-11-04', () => {
    const calendar = calendarIn('America/Sao_Paulo')
    expect(formatInstant(startOfDay('2018-11-04', calendar), calendar.timeZone)).toBe(
      '2018-11-04T01:00:00-02:00',
    )
  })

  test('a day start of 02:30 in the gap is 03:30', () => {
    const calendar = calendarIn('Europe/Madrid', '02:30')
    expect(formatInstant(startOfDay('2025-03-30', calendar), calendar.timeZone)).toBe(
      '2025-03-30T03:30:00+02:00',
    )
    expect(businessDayOf(at('2025-03-30T03:29:59+02:00'), calendar).date).toBe('2025-03-29')
    expect(businessDayOf(at('2025-03-30T03:30:00+02:00'), calendar).date).toBe('2025-03-30')
  })

  test('a day start of 01:30 that occurs twice is the first, and the hour splits no day', () => {
    const calendar = calendarIn('America/New_York', '01:30')
    expect(startOfDay('2024-11-03', calendar)).toBe(at('2024-11-03T01:30:00-04:00'))
    const dateAt = (text: string) => businessDayOf(at(text), calendar).date
    expect(dateAt('2024-11-03T01:29:59-04:00')).toBe('2024-11-02')
    expect(dateAt('2024-11-03T01:30:00-04:00')).toBe('2024-11-03')
    expect(dateAt('2024-11-03T01:10:00-05:00')).toBe('2024-11-03')
    expect(dateAt('2024-11-03T01:40:00-05:00')).toBe('2024-11-03')
  })

  test('a clock that goes back over midnight does not go back to the day before', () => {
    const calendar = calendarIn('America/St_Johns')
    expect(formatInstant(at('2010-11-07T02:31:00Z'), calendar.timeZone)).toBe(
      '2010-11-06T23:01:00-03:30',
    )
    expect(businessDayOf(at('2010-11-07T02:31:00Z'), calendar).date).toBe('2010-11-07')
    expect(businessDayOf(at('2010-11-07T02:29:59Z'), calendar).date).toBe('2010-11-06')
  })

  test('the date that Samoa left out holds no instant', () => {
    const calendar = calendarIn('Pacific/Apia')
    const skip = at('2011-12-30T10:00:00Z')
    expect(businessDayOf(skip - 1, calendar).date).toBe('2011-12-29')
    expect(businessDayOf(skip - 1, calendar).end).toBe(skip)
    expect(businessDayOf(skip, calendar).date).toBe('2011-12-31')
    expect(startOfDay('2011-12-30', calendar)).toBe(startOfDay('2011-12-31', calendar))
    expect(businessDayOf(skip, calendarIn('Pacific/Apia', '06:00')).date).toBe('2011-12-29')
  })

  test.each(['2016-02-30', '2015-02-29', '2016-13-01', '2016-7-1', '', '2016-07-01T00:00:00Z'])(
    "'%s' is refused as a date",
    (date) => {
      expect(() => startOfDay(date, calendarIn('UTC'))).toThrow(RangeError)
    },
  )

  test.each(['24:00', '6:00', '06:60', '', '06:00:00'])(
    "'%s' is refused as a day start",
    (time) => {
      expect(() => startOfDay('2016-07-01', calendarIn('UTC', time))).toThrow(RangeError)
      expect(() => businessDayOf(0, calendarIn('UTC', time))).toThrow(RangeError)
    },
  )

  test('years beyond 9999 are refused', () => {
    expect(() => businessDayOf(at('9999-12-31T00:00:00Z') + DAY, calendarIn('UTC'))).toThrow(
      RangeError,
    )
  })

  test('every date begins where a walk along the wall clock says', () => {
    fc.assert(
      fc.property(anyCalendar, anyInstant, (calendar, instant) => {
        const date = new Date(instant).toISOString().slice(0, 10)
        expect(startOfDay(date, calendar)).toBe(walkToStartOfDay(date, calendar))
      }),
      { numRuns: 300 },
    )
  })

  test.each(oddMoments)('in %s around %s, days begin where the walk says', (timeZone, moment) => {
    for (const dayStart of ['00:00', '00:30', '01:30', '02:30', '06:00', '23:30']) {
      const calendar = calendarIn(timeZone, dayStart)
      for (let offset = -2; offset <= 2; offset++) {
        const date = new Date(at(moment) + offset * DAY).toISOString().slice(0, 10)
        expect([date, dayStart, startOfDay(date, calendar)]).toEqual([
          date,
          dayStart,
          walkToStartOfDay(date, calendar),
        ])
      }
    }
  })
})

describe('the business day of an instant', () => {
  test('it holds the instant, and names the date it begins with', () => {
    fc.assert(
      fc.property(anyCalendar, anyInstant, (calendar, instant) => {
        const day = businessDayOf(instant, calendar)
        expect(day.start).toBeLessThanOrEqual(instant)
        expect(day.end).toBeGreaterThan(instant)
        expect(startOfDay(day.date, calendar)).toBe(day.start)
        expect(businessDayOf(day.start, calendar)).toEqual(day)
        expect(businessDayOf(day.end - 1, calendar)).toEqual(day)
      }),
      { numRuns: 2000 },
    )
  })

  test('days follow each other without gap or overlap, and dates only rise', () => {
    fc.assert(
      fc.property(anyCalendar, anyInstant, (calendar, instant) => {
        let day = businessDayOf(instant, calendar)
        for (let count = 0; count < 400; count++) {
          const next = businessDayOf(day.end, calendar)
          if (next.start !== day.end || next.date <= day.date) {
            throw new Error(`${next.date} after ${day.date}`)
          }
          day = next
        }
      }),
      { numRuns: 100 },
    )
  })

  test.each(oddMoments)('in %s around %s, no minute goes back to a day', (timeZone, moment) => {
    for (const dayStart of ['00:00', '00:30', '01:30', '02:30', '06:00']) {
      const calendar = calendarIn(timeZone, dayStart)
      let day = businessDayOf(at(moment) - 2 * DAY, calendar)
      for (let time = at(moment) - 2 * DAY; time < at(moment) + 2 * DAY; time += MINUTE) {
        const next = businessDayOf(time, calendar)
        if (next.date === day.date) continue
        expect(next.date > day.date).toBe(true)
        expect(next.start).toBe(day.end)
        expect(next.start).toBe(time)
        day = next
      }
    }
  })

  test('calendars do not share days, and neither order nor number of questions matters', () => {
    const calendars = [
      calendarIn('Europe/Madrid'),
      calendarIn('Europe/Madrid', '06:00'),
      calendarIn('America/New_York', '06:00'),
    ]
    const time = at('2025-10-26T03:00:00Z')
    const dates = () => calendars.map((calendar) => businessDayOf(time, calendar).date)
    expect(dates()).toEqual(['2025-10-26', '2025-10-25', '2025-10-25'])
    for (let day = 0; day < 3000; day++) {
      for (const calendar of calendars) businessDayOf(day * DAY, calendar)
    }
    expect(dates()).toEqual(['2025-10-26', '2025-10-25', '2025-10-25'])
    expect(Object.isFrozen(businessDayOf(time, calendarIn('UTC')))).toBe(true)
  })
})

describe('hours and minutes', () => {
  test('a repeated hour is two buckets, told apart by their offset', () => {
    const madrid = calendarIn('Europe/Madrid')
    expect(buckets('2025-10-26', '2025-10-27', 'hour', madrid).slice(1, 5)).toEqual([
      '2025-10-26T01:00:00+02:00',
      '2025-10-26T02:00:00+02:00',
      '2025-10-26T02:00:00+01:00',
      '2025-10-26T03:00:00+01:00',
    ])
    expect(buckets('2025-10-26', '2025-10-27', 'hour', madrid)).toHaveLength(25)
  })

  test('an hour that the clock leaves out is no bucket', () => {
    const madrid = calendarIn('Europe/Madrid')
    expect(buckets('2025-03-30', '2025-03-31', 'hour', madrid)).toHaveLength(23)
    expect(buckets('2025-03-30', '2025-03-31', 'hour', madrid).slice(1, 3)).toEqual([
      '2025-03-30T01:00:00+01:00',
      '2025-03-30T03:00:00+02:00',
    ])
  })

  test("Lord Howe's half hour back is a bucket of 30 minutes", () => {
    const calendar = calendarIn('Australia/Lord_Howe')
    expect(buckets('2024-04-07', '2024-04-08', 'hour', calendar).slice(0, 5)).toEqual([
      '2024-04-07T00:00:00+11:00',
      '2024-04-07T01:00:00+11:00',
      '2024-04-07T01:30:00+10:30',
      '2024-04-07T02:00:00+10:30',
      '2024-04-07T03:00:00+10:30',
    ])
  })

  test("Lord Howe's half hour on leaves a bucket of 30 minutes", () => {
    const calendar = calendarIn('Australia/Lord_Howe')
    expect(buckets('2024-10-06', '2024-10-07', 'hour', calendar).slice(0, 5)).toEqual([
      '2024-10-06T00:00:00+10:30',
      '2024-10-06T01:00:00+10:30',
      '2024-10-06T02:30:00+11:00',
      '2024-10-06T03:00:00+11:00',
      '2024-10-06T04:00:00+11:00',
    ])
  })

  test('hours are those of the wall clock, at quarter offsets and with any day start', () => {
    expect(buckets('2016-07-01', '2016-07-02', 'hour', calendarIn('Asia/Kathmandu'))[1]).toBe(
      '2016-07-01T01:00:00+05:45',
    )
    const calendar = calendarIn('Asia/Kolkata', '05:30')
    expect(buckets('2016-07-01', '2016-07-02', 'hour', calendar).slice(0, 2)).toEqual([
      '2016-07-01T05:30:00+05:30',
      '2016-07-01T06:00:00+05:30',
    ])
    expect(buckets('2016-07-01', '2016-07-02', 'hour', calendar)).toHaveLength(25)
  })

  test('a change of clocks at 00:01 is a boundary of its own', () => {
    const calendar = calendarIn('America/St_Johns')
    const from = '2010-11-07T00:00:00-02:30'
    expect(buckets(from, '2010-11-07T02:00:00-03:30', 'hour', calendar)).toEqual([
      '2010-11-07T00:00:00-02:30',
      '2010-11-06T23:01:00-03:30',
      '2010-11-07T00:00:00-03:30',
      '2010-11-07T01:00:00-03:30',
    ])
  })

  test('a range that begins inside a bucket begins with the rest of it', () => {
    const calendar = calendarIn('Europe/Madrid')
    expect(
      buckets('2016-07-01T10:07:30+02:00', '2016-07-01T10:20:00+02:00', '5min', calendar),
    ).toEqual([
      '2016-07-01T10:07:30+02:00',
      '2016-07-01T10:10:00+02:00',
      '2016-07-01T10:15:00+02:00',
    ])
  })

  test.each(oddMoments)('in %s around %s, they are those of a walk', (timeZone, moment) => {
    const calendar = calendarIn(timeZone)
    const [from, to] = [at(moment) - 5 * HOUR - 7000, at(moment) + 5 * HOUR + 13_000]
    for (const [granularity, step] of [['hour', 60] as const, ['5min', 5] as const]) {
      expect(bucketStarts(from, to, granularity, calendar, LIMIT)).toEqual(
        walkClockBuckets(from, to, step, timeZone),
      )
    }
    expect(bucketStarts(from, to, 'minute', calendar, LIMIT)).toEqual(
      walkClockBuckets(from, to, 1, timeZone),
    )
  })

  test('anywhere, they are those of a walk', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...oddZones),
        anyInstant,
        fc.integer({ min: 1, max: 20 * HOUR }),
        fc.constantFrom(['hour', 60] as const, ['5min', 5] as const, ['minute', 1] as const),
        (timeZone, from, length, [granularity, step]) => {
          expect(
            bucketStarts(from, from + length, granularity, calendarIn(timeZone), LIMIT),
          ).toEqual(walkClockBuckets(from, from + length, step, timeZone))
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('days, weeks and months', () => {
  test('the day that Samoa left out is no bucket', () => {
    expect(buckets('2011-12-29', '2012-01-02', 'day', calendarIn('Pacific/Apia'))).toEqual([
      '2011-12-29T00:00:00-10:00',
      '2011-12-31T00:00:00+14:00',
      '2012-01-01T00:00:00+14:00',
    ])
  })

  test('a week that would begin on the day left out begins on the next', () => {
    const calendar: Calendar = { ...calendarIn('Pacific/Apia'), weekStart: 'friday' }
    expect(buckets('2011-12-23', '2012-01-07', 'week', calendar)).toEqual([
      '2011-12-23T00:00:00-10:00',
      '2011-12-31T00:00:00+14:00',
      '2012-01-06T00:00:00+14:00',
    ])
  })

  test('ISO weeks go through the new year: the last of 2020 is the 53rd', () => {
    expect(buckets('2020-12-21', '2021-01-12', 'week', calendarIn('Europe/Madrid'))).toEqual([
      '2020-12-21T00:00:00+01:00',
      '2020-12-28T00:00:00+01:00',
      '2021-01-04T00:00:00+01:00',
      '2021-01-11T00:00:00+01:00',
    ])
  })

  test.each([
    ['monday', '2024-02-26'],
    ['tuesday', '2024-02-27'],
    ['wednesday', '2024-02-28'],
    ['thursday', '2024-02-29'],
    ['friday', '2024-03-01'],
    ['saturday', '2024-03-02'],
    ['sunday', '2024-03-03'],
  ] as const)('a week that begins on %s begins on %s', (weekStart, date) => {
    const calendar: Calendar = { ...calendarIn('UTC', '06:00'), weekStart }
    expect(buckets(`2024-02-25T06:00:01Z`, '2024-03-04', 'week', calendar)[1]).toBe(
      `${date}T06:00:00+00:00`,
    )
  })

  test('a leap day is a day of its own', () => {
    const calendar = calendarIn('America/New_York')
    expect(buckets('2024-02-28', '2024-03-02', 'day', calendar)).toEqual([
      '2024-02-28T00:00:00-05:00',
      '2024-02-29T00:00:00-05:00',
      '2024-03-01T00:00:00-05:00',
    ])
    expect(buckets('2023-02-28', '2023-03-02', 'day', calendar)).toHaveLength(2)
  })

  test('months begin on the 1st whatever day the range begins on', () => {
    expect(buckets('2024-01-31', '2024-06-01', 'month', calendarIn('Europe/Madrid'))).toEqual([
      '2024-01-31T00:00:00+01:00',
      '2024-02-01T00:00:00+01:00',
      '2024-03-01T00:00:00+01:00',
      '2024-04-01T00:00:00+02:00',
      '2024-05-01T00:00:00+02:00',
    ])
  })

  test('months of the first century are not those of the twentieth', () => {
    expect(buckets('0050-01-31', '0050-03-01', 'month', calendarIn('UTC'))).toEqual([
      '0050-01-31T00:00:00+00:00',
      '0050-02-01T00:00:00+00:00',
    ])
  })

  test('with a day start, the first hours of the 1st belong to the month before', () => {
    const calendar = calendarIn('Europe/Madrid', '06:00')
    expect(buckets('2024-12-01', '2025-01-01T05:59:59+01:00', 'month', calendar)).toEqual([
      '2024-12-01T06:00:00+01:00',
    ])
    expect(buckets('2024-12-01', '2025-01-01T06:00:01+01:00', 'month', calendar)).toEqual([
      '2024-12-01T06:00:00+01:00',
      '2025-01-01T06:00:00+01:00',
    ])
  })

  test('anywhere, they are those of a walk', () => {
    fc.assert(
      fc.property(
        anyCalendar,
        anyInstant,
        fc.integer({ min: 1, max: 45 * DAY }),
        fc.constantFrom('day', 'week', 'month'),
        (calendar, from, length, granularity) => {
          expect(bucketStarts(from, from + length, granularity, calendar, LIMIT)).toEqual(
            walkDayBuckets(from, from + length, granularity, calendar),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  test.each(oddMoments)('in %s around %s, they are those of a walk', (timeZone, moment) => {
    const [from, to] = [at(moment) - 9 * DAY, at(moment) + 9 * DAY]
    for (const dayStart of ['00:00', '01:30']) {
      for (const granularity of ['day', 'week', 'month'] as const) {
        const calendar = calendarIn(timeZone, dayStart)
        expect(bucketStarts(from, to, granularity, calendar, LIMIT)).toEqual(
          walkDayBuckets(from, to, granularity, calendar),
        )
      }
    }
  })
})

describe('buckets of any size', () => {
  test('they tile the range: the first is its start, they rise, and the last is inside', () => {
    fc.assert(
      fc.property(
        anyCalendar,
        anyInstant,
        fc.integer({ min: 1, max: 6 * DAY }),
        fc.constantFrom(...granularities),
        (calendar, from, length, granularity) => {
          const starts = bucketStarts(from, from + length, granularity, calendar, LIMIT)
          const ends = [...starts.slice(1), from + length]
          expect(starts[0]).toBe(from)
          expect(starts.every((start, index) => start < (ends[index] ?? start))).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('two ranges that meet have the buckets of the whole, and the seam', () => {
    fc.assert(
      fc.property(
        anyCalendar,
        anyInstant,
        fc.tuple(fc.integer({ min: 1, max: 90 * DAY }), fc.integer({ min: 1, max: 90 * DAY })),
        fc.constantFrom('hour', 'day', 'week', 'month'),
        (calendar, from, [first, second], granularity) => {
          const seam = from + first
          const to = seam + second
          const split = (a: number, b: number) => bucketStarts(a, b, granularity, calendar, LIMIT)
          const whole = new Set([...split(from, to), seam])
          expect([...split(from, seam), ...split(seam, to)]).toEqual(
            [...whole].sort((a, b) => a - b),
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  test('the days of a range have together the length of the range', () => {
    fc.assert(
      fc.property(anyCalendar, anyInstant, fc.nat({ max: 1000 }), (calendar, instant, count) => {
        const from = businessDayOf(instant, calendar).start
        const to = businessDayOf(instant + count * DAY, calendar).end
        const days = bucketStarts(from, to, 'day', calendar, LIMIT).map((start) =>
          businessDayOf(start, calendar),
        )
        expect(days.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(to - from)
        expect(new Set(days.map(({ date }) => date)).size).toBe(days.length)
      }),
    )
  })

  test('none is one bucket, and an empty range has no bucket', () => {
    const calendar = calendarIn('UTC')
    expect(bucketStarts(5, 6, 'none', calendar, 1)).toEqual([5])
    for (const granularity of granularities) {
      expect(bucketStarts(5, 5, granularity, calendar, LIMIT)).toEqual([])
      expect(bucketStarts(6, 5, granularity, calendar, LIMIT)).toEqual([])
    }
  })
})

describe('the limit', () => {
  const calendar = calendarIn('Europe/Madrid')

  test.each(granularities)('by %s, as many as allowed are given and one more is refused', (by) => {
    const [from, to] = [at('2025-03-29T05:00:00Z'), at('2025-04-05T05:00:00Z')]
    const count = bucketStarts(from, to, by, calendar, 20_000).length
    expect(bucketStarts(from, to, by, calendar, count)).toHaveLength(count)
    if (by === 'none') return
    expect(() => bucketStarts(from, to, by, calendar, count - 1)).toThrow(TooManyBuckets)
  })

  test('the day left out does not count', () => {
    const apia = calendarIn('Pacific/Apia')
    const [from, to] = [startOfDay('2011-12-20', apia), startOfDay('2012-01-10', apia)]
    expect(bucketStarts(from, to, 'day', apia, 20)).toHaveLength(20)
    expect(() => bucketStarts(from, to, 'day', apia, 19)).toThrow(TooManyBuckets)
  })

  test('the refusal says how many there would be, and comes before any work', () => {
    const [from, to] = [at('2015-01-01T00:00:00Z'), at('2025-01-01T00:00:00Z')]
    const refusalOf = (by: Granularity, end = to): unknown => {
      try {
        return bucketStarts(from, end, by, calendar, LIMIT)
      } catch (error) {
        return error
      }
    }
    const minutes = (to - from) / MINUTE
    expect(refusalOf('minute')).toMatchObject({ name: 'TooManyBuckets', estimate: minutes })
    const began = performance.now()
    for (let count = 0; count < 1000; count++) refusalOf('minute')
    expect(refusalOf('day', at('9999-01-01T00:00:00Z'))).toBeInstanceOf(TooManyBuckets)
    expect(performance.now() - began).toBeLessThan(500)
  })
})

describe('reading a moment', () => {
  const calendar = calendarIn('America/New_York', '06:00')

  test('a date is the start of that business day', () => {
    expect(parseMoment('2016-07-01', calendar)).toBe(at('2016-07-01T06:00:00-04:00'))
    expect(parseMoment('2016-01-01', calendar)).toBe(at('2016-01-01T06:00:00-05:00'))
  })

  test.each([
    ['2016-07-01T00:00:00-04:00', '2016-07-01T04:00:00Z'],
    ['2016-07-01T00:00:00Z', '2016-07-01T00:00:00Z'],
    ['2016-07-01t00:00:00z', '2016-07-01T00:00:00Z'],
    ['2016-07-01T00:00:00+05:45', '2016-06-30T18:15:00Z'],
    ['2016-07-01T00:00:00-00:00', '2016-07-01T00:00:00Z'],
    ['2016-07-01T00:00:00.5Z', '2016-07-01T00:00:00.500Z'],
    ['2016-07-01T23:59:59.123999+14:00', '2016-07-01T09:59:59.123Z'],
    ['2016-07-01T00:00:00 02:00', '2016-06-30T22:00:00Z'],
    ['2016-02-29T00:00:00Z', '2016-02-29T00:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ])('%s is the instant %s', (text, instant) => {
    expect(parseMoment(text, calendar)).toBe(at(instant))
  })

  test.each([
    '',
    '2016',
    '2016-07',
    '2016-7-1',
    '2016-02-30',
    '2015-02-29',
    '2016-00-10',
    '2016-04-31',
    '+002016-07-01',
    '2016-07-01 ',
    '2016-07-01T00:00',
    '2016-07-01T00:00Z',
    '2016-07-01T00:00:00',
    '2016-07-01 00:00:00Z',
    '2016-02-30T00:00:00Z',
    '2016-07-01T24:00:00Z',
    '2016-07-01T23:60:00Z',
    '2016-12-31T23:59:60Z',
    '2016-07-01T00:00:00.Z',
    '2016-07-01T00:00:00+0200',
    '2016-07-01T00:00:00+02',
    '2016-07-01T00:00:00+24:00',
    '2016-07-01T00:00:00+02:60',
    '2016-07-01T00:00:00.5',
    'yesterdayyT00:00:00Z',
    '2016-07-01T00:00:00+02:00[Europe/Madrid]',
    '2016-07-01T00:00:00Z\n',
    '1467331200',
    'now',
    'yesterday',
    '２０１６-07-01',
  ])("'%s' is no moment", (text) => {
    expect(parseMoment(text, calendar)).toBeUndefined()
  })

  test('what was written is read back as the same instant', () => {
    fc.assert(
      fc.property(anyCalendar, anyInstant, (any, instant) => {
        const text = formatInstant(instant, any.timeZone)
        expect(parseMoment(text, any)).toBe(instant)
        expect(parseMoment(text.replace('+', ' '), any)).toBe(instant)
        expect(Date.parse(text)).toBe(instant)
      }),
      { numRuns: 2000 },
    )
  })

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseMoment(text, calendar)
      }),
    )
  })
})

describe('alignment', () => {
  test('instants are aligned when each is a multiple of the step', () => {
    expect(isAligned([0, -15 * MINUTE, at('2016-07-01T05:45:00Z')], 15)).toBe(true)
    expect(isAligned([0, 15 * MINUTE + 1], 15)).toBe(false)
    expect(isAligned([at('2016-07-01T05:45:00Z')], 60)).toBe(false)
    expect(isAligned([], 60)).toBe(true)
  })

  test('business days of New York fall on the hour, of Kathmandu on the quarter', () => {
    const startsIn = (timeZone: string) => [startOfDay('2016-07-01', calendarIn(timeZone))]
    expect(isAligned(startsIn('America/New_York'), 60)).toBe(true)
    expect(isAligned(startsIn('Asia/Kathmandu'), 60)).toBe(false)
    expect(isAligned(startsIn('Asia/Kathmandu'), 15)).toBe(true)
  })
})
