import fc from 'fast-check'
import { bucketStarts } from '../../../lib/time/periods.ts'
import { tiers, windowOf, windowsOf } from '../../../lib/windows/window.ts'

const calendars = [
  { timeZone: 'Europe/Madrid', dayStart: '06:00', weekStart: 'monday' as const },
  { timeZone: 'Australia/Lord_Howe', dayStart: '00:00', weekStart: 'sunday' as const },
  { timeZone: 'Asia/Kathmandu', dayStart: '04:30', weekStart: 'saturday' as const },
  { timeZone: 'Pacific/Apia', dayStart: '00:00', weekStart: 'friday' as const },
  { timeZone: 'America/Sao_Paulo', dayStart: '00:00', weekStart: 'monday' as const },
]
const instants = fc.integer({
  min: Date.parse('2010-01-01T00:00:00Z'),
  max: Date.parse('2026-01-01T00:00:00Z'),
})
const given = fc.tuple(fc.constantFrom(...tiers), fc.constantFrom(...calendars), instants)

test('a window holds its instant and is one bucket of the planner', () => {
  fc.assert(
    fc.property(given, ([tier, calendar, instant]) => {
      const { start, end } = windowOf(tier, instant, calendar)
      expect(start <= instant && instant < end).toBe(true)
      expect(bucketStarts(start, end, tier, calendar, 10)).toEqual([start])
      expect(bucketStarts(start, end + 1, tier, calendar, 10)).toEqual([start, end])
      expect(windowOf(tier, start, calendar)).toEqual({ tier, start, end })
      expect(windowOf(tier, end - 1, calendar)).toEqual({ tier, start, end })
    }),
    { numRuns: 500 },
  )
})

test('the windows of many instants are those of each, once, as long as they are kept', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...calendars),
      fc.array(instants, { maxLength: 20 }),
      instants,
      (calendar, given, now) => {
        const ascending = given.toSorted((a, b) => a - b)
        const all = ascending.flatMap((at) => tiers.map((tier) => windowOf(tier, at, calendar)))
        const kept = { minute: 3600e3, '5min': 86400e3, hour: 7 * 86400e3 } as Record<
          string,
          number
        >
        const expected = all.filter(({ tier, end }) => end > now - (kept[tier] ?? Infinity))
        const text = (list: typeof all) =>
          [...new Set(list.map(({ tier, start, end }) => `${tier} ${start} ${end}`))].sort()
        const found = windowsOf(ascending, calendar, now)
        expect(text(found)).toEqual(text(expected))
        expect(found).toHaveLength(text(found).length)
      },
    ),
    { numRuns: 300 },
  )
})

test('a day of 23 hours, a day of 25, and a week that lost a day', () => {
  const hours = ({ start, end }: { start: number; end: number }) => (end - start) / 3600e3
  const [madrid, , , apia] = calendars
  if (!madrid || !apia) throw new Error('the calendars are above')
  const midnight = { ...madrid, dayStart: '00:00' }
  expect(hours(windowOf('day', Date.parse('2025-03-30T12:00:00Z'), midnight))).toBe(23)
  expect(hours(windowOf('day', Date.parse('2025-10-26T12:00:00Z'), midnight))).toBe(25)
  expect(hours(windowOf('week', Date.parse('2011-12-31T12:00:00Z'), apia))).toBeLessThan(7 * 24)
})
