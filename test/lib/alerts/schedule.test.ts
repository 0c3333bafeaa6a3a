import { days, Hours } from '../../../lib/alerts/rule.ts'
import { isWithin } from '../../../lib/alerts/schedule.ts'

const minute = 60_000
const within = (told: Record<string, unknown>, instant: string, zone = 'UTC') =>
  isWithin(Hours.parse(told), Date.parse(instant), zone)

test.each([
  [{}, '2026-06-01T00:00:00Z', true],
  [{ from: '09:00', to: '17:30' }, '2026-06-01T08:59:59.999Z', false],
  [{ from: '09:00', to: '17:30' }, '2026-06-01T09:00:00Z', true],
  [{ from: '09:00', to: '17:30' }, '2026-06-01T17:29:59.999Z', true],
  [{ from: '09:00', to: '17:30' }, '2026-06-01T17:30:00Z', false],
  [{ from: '09:00' }, '2026-06-01T23:59:59.999Z', true],
  [{ days: ['mon'] }, '2026-06-01T23:59:59.999Z', true],
  [{ days: ['mon'] }, '2026-06-02T00:00:00Z', false],
  [{ days: ['sun', 'tue'] }, '2026-06-01T12:00:00Z', false],
  [{ days: ['thu'] }, '1970-01-01T12:00:00Z', true],
  [{ days: ['wed'] }, '1969-12-31T12:00:00Z', true],
])('hours of a day: %j holds at %s: %s', (told, instant, expected) => {
  expect(within(told, instant)).toBe(expected)
})

test.each([
  ['2026-06-05T21:59:00Z', false],
  ['2026-06-05T22:00:00Z', true],
  ['2026-06-06T01:59:00Z', true],
  ['2026-06-06T02:00:00Z', false],
  ['2026-06-06T22:00:00Z', false],
  ['2026-06-05T01:00:00Z', false],
])('the night of Friday over midnight holds at %s: %s', (instant, expected) => {
  expect(within({ days: ['fri'], from: '22:00', to: '02:00' }, instant)).toBe(expected)
})

test('hours to midnight are of one day, however midnight is written', () => {
  for (const to of ['00:00', '24:00']) {
    const evening = { days: ['fri'], from: '22:00', to }
    expect(within(evening, '2026-06-05T23:59:00Z')).toBe(true)
    expect(within(evening, '2026-06-06T00:00:00Z')).toBe(false)
    expect(within(evening, '2026-06-05T21:59:00Z')).toBe(false)
  }
})

test('hours are by the clocks of the zone', () => {
  const noon = { days: ['mon'], from: '12:00', to: '12:01' }
  expect(within(noon, '2026-06-01T10:00:00Z', 'Europe/Madrid')).toBe(true)
  expect(within(noon, '2026-06-01T16:00:00Z', 'America/New_York')).toBe(true)
  expect(within(noon, '2026-06-01T12:00:00Z', 'America/New_York')).toBe(false)
})

const samples: Record<string, unknown>[] = [
  { from: '02:00', to: '03:00' },
  { days: ['sun'], from: '01:30', to: '02:15' },
  { days: ['sat'], from: '22:00', to: '02:30' },
  { days: ['sat', 'mon'], from: '02:30', to: '02:00' },
  { days: ['sun'] },
  { days: ['fri', 'sat'], from: '23:30', to: '00:30' },
]

/** The day and time that clocks show, by Intl alone. */
function shownBy(format: Intl.DateTimeFormat, instant: number) {
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]))
  return {
    day: days.indexOf(parts.get('weekday')?.toLowerCase() as Hours['days'][number]),
    time: `${parts.get('hour')}:${parts.get('minute')}`,
  }
}

/**
 * Each day's hours written out as one or two stretches of a day as it is shown: the oracle looks a
 * minute up among them.
 */
function stretchesOf({ days: begins, from, to }: Hours): Set<string>[] {
  const week = days.map(() => new Set<string>())
  for (const name of begins) {
    let [day, time] = [days.indexOf(name), from]
    while (time !== to) {
      week[day]?.add(time)
      const next = Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) + 1
      const text = (n: number) => String(n).padStart(2, '0')
      time = `${text(Math.floor(next / 60))}:${text(next % 60)}`
      if (time !== '24:00' || to === '24:00') continue
      ;[day, time] = [(day + 1) % 7, '00:00']
    }
  }
  return week
}

test.each([
  ['Europe/Madrid', '2026-03-28'],
  ['Europe/Madrid', '2026-10-24'],
  ['America/New_York', '2026-03-07'],
  ['America/New_York', '2026-10-31'],
  ['Australia/Lord_Howe', '2026-04-04'],
  ['Australia/Lord_Howe', '2026-10-03'],
  // At midnight: a Sunday without its first hour, a Saturday with one more.
  ['America/Santiago', '2026-04-04'],
  ['America/Santiago', '2026-09-05'],
])('in %s from %s every minute of three days is as clocks and calendar say', (zone, start) => {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', weekday: 'short', hour: '2-digit', minute: '2-digit' },
  })
  const first = Date.parse(`${start}T00:00:00Z`) - 12 * 60 * minute
  const every = samples.map((told) => {
    const hours = Hours.parse(told)
    return { hours, week: stretchesOf(hours) }
  })
  const wrong: string[] = []
  for (let at = first; at < first + 72 * 60 * minute; at += minute) {
    const { day, time } = shownBy(format, at)
    for (const { hours, week } of every) {
      const expected = week[day]?.has(time)
      if (
        isWithin(hours, at, zone) !== expected ||
        isWithin(hours, at + minute - 1, zone) !== expected
      ) {
        wrong.push(`${JSON.stringify(hours)} ${new Date(at).toISOString()} shows ${day} ${time}`)
      }
    }
  }
  expect(wrong).toEqual([])
})
