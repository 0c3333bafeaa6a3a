import { mostTries, retryAfter } from '../../../lib/messages/back-off.ts'
import { defaults, type Preferences } from '../../../lib/messages/preference-schema.ts'
import { roomOf } from '../../../lib/messages/room.ts'
import { endOfQuiet, mayGoAt } from '../../../lib/messages/timing.ts'

const night = { from: '22:00', to: '07:00' }
const of = (timeZone: string, more: Partial<Preferences> = {}): Preferences => ({
  ...{ ...defaults, timeZone, quietHours: night },
  ...more,
})
const end = (instant: string, preferences: Preferences): string =>
  new Date(endOfQuiet(Date.parse(instant), preferences)).toISOString().slice(0, 16)

test.each([
  ['2026-06-01T21:59:59Z', '2026-06-01T21:59'],
  ['2026-06-01T22:00:00Z', '2026-06-02T07:00'],
  ['2026-06-01T23:30:00Z', '2026-06-02T07:00'],
  ['2026-06-02T00:00:00Z', '2026-06-02T07:00'],
  ['2026-06-02T06:59:59Z', '2026-06-02T07:00'],
  ['2026-06-02T07:00:00Z', '2026-06-02T07:00'],
])('in quiet hours over midnight %s waits until %s', (instant, expected) => {
  expect(end(instant, of('UTC'))).toBe(expected)
})

test('quiet hours within a day are quiet within it', () => {
  const siesta = of('UTC', { quietHours: { from: '13:00', to: '15:30' } })
  expect(end('2026-06-01T12:59:00Z', siesta)).toBe('2026-06-01T12:59')
  expect(end('2026-06-01T13:00:00Z', siesta)).toBe('2026-06-01T15:30')
  expect(end('2026-06-01T15:30:00Z', siesta)).toBe('2026-06-01T15:30')
  const never = of('UTC', { quietHours: { from: '08:00', to: '08:00' } })
  expect(end('2026-06-01T08:00:00Z', never)).toBe('2026-06-01T08:00')
})

test('quiet hours are by the clocks of the person, also in the night that clocks are set', () => {
  const york = of('America/New_York')
  expect(end('2026-06-02T01:59:00Z', york)).toBe('2026-06-02T01:59') // 21:59
  expect(end('2026-06-02T02:00:00Z', york)).toBe('2026-06-02T11:00')
  // Set on in the night of March 8th, back in that of November 1st.
  expect(end('2026-03-08T04:00:00Z', york)).toBe('2026-03-08T11:00')
  expect(end('2026-03-07T04:00:00Z', york)).toBe('2026-03-07T12:00')
  expect(end('2026-11-01T03:00:00Z', york)).toBe('2026-11-01T12:00')
  // What lies at the other side of the earth.
  expect(end('2026-06-01T12:30:00Z', of('Pacific/Auckland'))).toBe('2026-06-01T19:00')
})

test('an end that the clocks skip is after the gap, one that they show twice is the first', () => {
  const york = of('America/New_York', { quietHours: { from: '22:00', to: '02:30' } })
  expect(end('2026-03-08T05:00:00Z', york)).toBe('2026-03-08T07:30') // 03:30 there
  const back = of('America/New_York', { quietHours: { from: '22:00', to: '01:30' } })
  expect(end('2026-11-01T04:00:00Z', back)).toBe('2026-11-01T05:30')
  // The second time of 01:10 is not quiet again.
  expect(end('2026-11-01T06:10:00Z', back)).toBe('2026-11-01T06:10')
})

test('the end of quiet hours is never before, never quiet, and at most a day and an hour away', () => {
  const zones = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC']
  for (const timeZone of zones) {
    for (const quietHours of [
      night,
      { from: '01:30', to: '02:30' },
      { from: '00:00', to: '23:59' },
    ]) {
      const preferences = of(timeZone, { quietHours })
      for (
        let at = Date.UTC(2026, 0, 1);
        at < Date.UTC(2027, 0, 1);
        at += 5 * 3_600_000 + 420_000
      ) {
        const until = endOfQuiet(at, preferences)
        expect(until - at).toBeGreaterThanOrEqual(0)
        expect(until - at).toBeLessThanOrEqual(25 * 3_600_000)
        expect(endOfQuiet(until, preferences)).toBe(until)
      }
    }
  }
})

test('what is critical waits for nothing, and what a digest gathers for its time', () => {
  const now = Date.parse('2026-06-01T23:00:00Z')
  const goes = (severity: string, preferences: Preferences | null, since = now) =>
    new Date(mayGoAt({ severity, since }, preferences, now)).toISOString().slice(0, 16)
  expect(goes('critical', of('UTC'))).toBe('2026-06-01T23:00')
  expect(goes('warning', of('UTC'))).toBe('2026-06-02T07:00')
  expect(goes('warning', null)).toBe('2026-06-01T23:00')
  const digest = of('UTC', { quietHours: null, digest: { at: '09:00' } })
  expect(goes('info', digest)).toBe('2026-06-02T09:00')
  expect(goes('critical', digest)).toBe('2026-06-01T23:00')
  // Its digest was this morning.
  expect(goes('info', digest, now - 20 * 3_600_000)).toBe('2026-06-01T23:00')
  expect(goes('info', of('UTC', { digest: { at: '06:00' } }))).toBe('2026-06-02T07:00')
})

test('webhooks are tried again as Svix does, others after 5 s × 3ⁿ up to an hour', () => {
  const waits = (kind: 'webhook' | 'email') =>
    Array.from({ length: mostTries }, (_, i) => retryAfter(kind, i + 1))
  expect(waits('webhook')).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 36_000, null])
  expect(waits('email')).toEqual([5, 15, 45, 135, 405, 1215, 3600, null])
  expect(retryAfter('slack', 1, 30)).toBe(30)
  expect(retryAfter('slack', 1, 1e9)).toBe(86_400)
})

test('a minute has its part for each message, and is used up at once or bit by bit', () => {
  const now = 1_000_000
  const limit = { perMinute: 6, busyUntil: null }
  expect(roomOf(limit, 4, now)).toMatchObject({ count: 4, waits: [] })
  const full = roomOf(limit, 8, now)
  expect(full.count).toBe(6)
  expect(full.waits.map((at) => Math.round((at - now) / 1000))).toEqual([10, 20])
  const after = (ms: number) => roomOf({ ...limit, busyUntil: full.busyUntil }, 9, now + ms).count
  expect([0, 9_999, 10_001, 30_001, 60_001, 1e9].map(after)).toEqual([0, 0, 1, 3, 6, 6])
})
