import fc from 'fast-check'
import { keepMonthsOf, keptSince, mostMonths } from '../../../lib/retention/classes.ts'
import { formatInstant } from '../../../lib/time/zones.ts'

const zones = ['UTC', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Asia/Tokyo']
const zone = fc.constantFrom(...zones)
const months = fc.integer({ min: 1, max: mostMonths })
const now = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) }).map((at) => new Date(at))
const localOf = (at: Date, timeZone: string) => formatInstant(at.getTime(), timeZone)

test('rows are kept from midnight by the clock of the venue', () => {
  const since = (keep: number, timeZone: string, at: string) =>
    localOf(keptSince(keep, timeZone, new Date(at)), timeZone)
  expect(since(13, 'America/New_York', '2026-06-15T03:59:59Z')).toBe('2025-05-14T00:00:00-04:00')
  expect(since(13, 'America/New_York', '2026-06-15T04:00:00Z')).toBe('2025-05-15T00:00:00-04:00')
  expect(since(25, 'Asia/Tokyo', '2026-01-31T16:00:00Z')).toBe('2024-01-01T00:00:00+09:00')
})

test('a month that has no such day ends with its last', () => {
  const since = (keep: number, at: string) => keptSince(keep, 'UTC', new Date(at)).toISOString()
  expect(since(1, '2026-03-31T12:00:00Z')).toBe('2026-02-28T00:00:00.000Z')
  expect(since(1, '2028-03-31T12:00:00Z')).toBe('2028-02-29T00:00:00.000Z')
  expect(since(2, '2026-08-31T12:00:00Z')).toBe('2026-06-30T00:00:00.000Z')
})

test('more months never keep less, and no month is shorter or longer than a month is', () => {
  fc.assert(
    fc.property(months, zone, now, (keep, timeZone, at) => {
      const since = keptSince(keep, timeZone, at)
      const days = (at.getTime() - since.getTime()) / 86_400_000
      expect(days).toBeGreaterThan(keep * 30.4 - 4)
      expect(days).toBeLessThan(keep * 30.5 + 4)
      expect(keptSince(keep + 1, timeZone, at).getTime()).toBeLessThan(since.getTime())
    }),
  )
})

test('time never brings back what was kept no longer, and a day has one answer', () => {
  fc.assert(
    fc.property(months, zone, now, fc.integer({ min: 0, max: 86_400_000 }), (keep, tz, at, ms) => {
      const later = new Date(at.getTime() + ms)
      const [first, second] = [keptSince(keep, tz, at), keptSince(keep, tz, later)]
      expect(second.getTime()).toBeGreaterThanOrEqual(first.getTime())
      const isOneDay = localOf(at, tz).slice(0, 10) === localOf(later, tz).slice(0, 10)
      if (isOneDay) expect(second).toEqual(first)
    }),
  )
})

test('a class that is not set has its default', () => {
  expect(keepMonthsOf({ quarantine: 3 })).toEqual({ quarantine: 3, intake: 25, rawEvents: 25 })
})
