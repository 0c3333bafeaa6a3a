import * as fc from 'fast-check'
import {
  formatInstant,
  instantOfLocal,
  isTimeZone,
  offsetAt,
  segmentsBetween,
} from '../../../lib/time/zones.ts'
import { oddZones, wallClock } from './oracle.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const at = (text: string) => Date.parse(text)

const zone = fc.constantFrom(...oddZones)
const instant = fc.integer({ min: at('1970-01-01T00:00:00Z'), max: at('2038-01-01T00:00:00Z') })

describe('which names are time zones', () => {
  test.each(['Europe/Madrid', 'Asia/Kolkata', 'Asia/Calcutta', 'UTC', 'GMT', 'EST5EDT', 'Japan'])(
    '%s is a time zone',
    (name) => {
      expect(isTimeZone(name)).toBe(true)
    },
  )

  test('upper and lower case are one, as for Intl and Postgres', () => {
    expect(isTimeZone('europe/madrid')).toBe(true)
    expect(isTimeZone('utc')).toBe(true)
  })

  test.each(['', ' ', 'Mars/Olympus', 'Europe/Madrid ', 'posix/UTC', 'Z', 'GMT+1'])(
    "'%s' is none",
    (name) => {
      expect(isTimeZone(name)).toBe(false)
    },
  )

  test.each(['+01:00', '-05', '+0530'])('the offset %s is no time zone', (name) => {
    expect(isTimeZone(name)).toBe(false)
  })

  test.each(['AST', 'CET', 'EST', 'ist', 'SystemV/PST8'])(
    '%s, which Intl and Postgres read differently or only one of them knows, is refused',
    (name) => {
      expect(isTimeZone(name)).toBe(false)
    },
  )
})

describe('offsets', () => {
  test('every instant has the offset its wall clock shows', () => {
    fc.assert(
      fc.property(zone, instant, (timeZone, time) => {
        expect(offsetAt(time, timeZone)).toBe(wallClock(time, timeZone) - time)
      }),
      { numRuns: 2000 },
    )
  })

  test('a change of six days is found: Gaza goes back for Ramadan and on again in 2040', () => {
    const from = at('2040-08-01T00:00:00Z')
    const found = segmentsBetween(from, from + 120 * DAY, 'Asia/Gaza')
    for (let time = from; time < from + 120 * DAY; time += 6 * HOUR) {
      const segment = found.find(({ start, end }) => start <= time && time < end)
      expect(segment?.offset).toBe(wallClock(time, 'Asia/Gaza') - time)
    }
  })

  test('the stretches of one offset follow each other without holes, and differ', () => {
    fc.assert(
      fc.property(zone, instant, fc.integer({ min: 1, max: 4000 }), (timeZone, from, days) => {
        const to = from + days * DAY
        const found = segmentsBetween(from, to, timeZone)
        expect(found[0]?.start).toBeLessThanOrEqual(from)
        expect(found.at(-1)?.end).toBeGreaterThanOrEqual(to)
        found.slice(1).forEach(({ start, offset }, index) => {
          expect(start).toBe(found[index]?.end)
          expect(offset).not.toBe(found[index]?.offset)
          expect(wallClock(start, timeZone) - start).toBe(offset)
          expect(wallClock(start - 1000, timeZone) - start + 1000).toBe(found[index]?.offset)
        })
      }),
    )
  })

  test('a caller cannot change what the next one is told', () => {
    const from = at('2025-01-01T00:00:00Z')
    segmentsBetween(from, from + 400 * DAY, 'Europe/Madrid').length = 0
    expect(segmentsBetween(from, from + 400 * DAY, 'Europe/Madrid')).toHaveLength(3)
  })

  test('more zones and years than are kept do not change an answer', () => {
    const names = Intl.supportedValuesOf('timeZone')
    const summer = at('2025-07-01T00:00:00Z')
    for (const name of names) expect(offsetAt(summer, name)).toBe(wallClock(summer, name) - summer)
    for (let year = 1700; year < 2100; year++) offsetAt(Date.UTC(year), 'Europe/Madrid')
    expect(offsetAt(summer, 'Europe/Madrid')).toBe(2 * HOUR)
  })

  test('an unknown zone and a time that is none are refused', () => {
    expect(() => offsetAt(0, 'Mars/Olympus')).toThrow(RangeError)
    expect(() => offsetAt(Number.NaN, 'Europe/Madrid')).toThrow(RangeError)
  })
})

describe('from the wall clock to the instant', () => {
  test('a time in a gap is moved on by the gap, a repeated time is the first', () => {
    const madrid = (text: string) => instantOfLocal(at(`${text}Z`), 'Europe/Madrid')
    expect(madrid('2025-03-30T02:30')).toBe(at('2025-03-30T03:30+02:00'))
    expect(madrid('2025-10-26T02:30')).toBe(at('2025-10-26T02:30+02:00'))
    expect(madrid('2025-10-26T03:00')).toBe(at('2025-10-26T03:00+01:00'))
  })

  test('every instant is found again by its wall clock, unless the clock shows it twice', () => {
    fc.assert(
      fc.property(zone, instant, (timeZone, time) => {
        const wall = wallClock(time, timeZone)
        const found = instantOfLocal(wall, timeZone)
        expect(found).toBeLessThanOrEqual(time)
        expect(wallClock(found, timeZone)).toBe(wall)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('writing an instant', () => {
  test('it carries the offset the zone has then', () => {
    expect(formatInstant(at('2016-07-01T04:00:00Z'), 'America/New_York')).toBe(
      '2016-07-01T00:00:00-04:00',
    )
    expect(formatInstant(at('2016-01-01T05:00:00Z'), 'America/New_York')).toBe(
      '2016-01-01T00:00:00-05:00',
    )
    expect(formatInstant(at('2016-01-01T00:00:00Z'), 'Asia/Kathmandu')).toBe(
      '2016-01-01T05:45:00+05:45',
    )
    expect(formatInstant(at('2016-01-01T00:00:00Z'), 'Pacific/Marquesas')).toBe(
      '2015-12-31T14:30:00-09:30',
    )
  })

  test('a zone at zero writes +00:00, not Z', () => {
    expect(formatInstant(0, 'UTC')).toBe('1970-01-01T00:00:00+00:00')
    expect(formatInstant(at('2025-01-01T00:00:00Z'), 'Europe/London')).toBe(
      '2025-01-01T00:00:00+00:00',
    )
  })

  test('the two passes of a repeated hour differ by their offset', () => {
    expect(formatInstant(at('2025-10-26T00:00:00Z'), 'Europe/Madrid')).toBe(
      '2025-10-26T02:00:00+02:00',
    )
    expect(formatInstant(at('2025-10-26T01:00:00Z'), 'Europe/Madrid')).toBe(
      '2025-10-26T02:00:00+01:00',
    )
  })

  test('milliseconds are written only when there are some', () => {
    expect(formatInstant(5, 'UTC')).toBe('1970-01-01T00:00:00.005+00:00')
    expect(formatInstant(-1, 'UTC')).toBe('1969-12-31T23:59:59.999+00:00')
  })

  test('an offset that is no whole minute cannot be written, so the instant is in UTC', () => {
    const time = at('1971-06-01T12:00:00Z')
    expect(offsetAt(time, 'Africa/Monrovia')).toBe(-(44 * 60 + 30) * 1000)
    expect(formatInstant(time, 'Africa/Monrovia')).toBe('1971-06-01T12:00:00+00:00')
    expect(formatInstant(at('1972-06-01T12:00:00Z'), 'Africa/Monrovia')).toBe(
      '1972-06-01T12:00:00+00:00',
    )
  })

  test('years that RFC 3339 cannot write are refused', () => {
    expect(formatInstant(at('9999-12-31T23:59:59Z'), 'UTC')).toBe('9999-12-31T23:59:59+00:00')
    expect(() => formatInstant(at('9999-12-31T23:59:59Z') + 1000, 'UTC')).toThrow(RangeError)
  })
})
