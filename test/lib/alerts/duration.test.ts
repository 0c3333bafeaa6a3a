import { duration, durationMs } from '../../../lib/alerts/duration.ts'

test.each([
  ['0s', 0],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['90m', 5_400_000],
  ['007m', 420_000],
  ['999999d', 86_399_913_600_000],
])('%s lasts %d ms', (text, expected) => {
  expect(durationMs(text)).toBe(expected)
})

test.each([
  '', '5', 'm', '5 m', ' 5m', '5m ', '5m\n', '-5m', '1.5h', '5M', '5min', '1h30m', '1w', '1234567s', '٥m', 'PT5M', '0x5m', 'constructor',
])('%j is no duration', (text) => {
  expect(durationMs(text)).toBeNaN()
  expect(duration('0s', '999999d').safeParse(text).success).toBe(false)
}) // biome-ignore format: a list reads better in a row

test('a duration is taken between two others, both included, in whatever unit', () => {
  const some = duration('1m', '2h')
  for (const text of ['1m', '60s', '120m', '2h', '7200s']) {
    expect(some.safeParse(text).success).toBe(true)
  }
  for (const text of ['59s', '0m', '121m', '7201s', '1d']) {
    expect(some.safeParse(text).error?.issues[0]?.message).toBe(
      'must be a duration like 5m, 1h or 7d, from 1m to 2h',
    )
  }
  expect(some.safeParse(300).success).toBe(false)
})
