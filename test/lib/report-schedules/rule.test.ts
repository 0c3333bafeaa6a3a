import * as fc from 'fast-check'
import { firstRun, lastRun, nextRun, readRule } from '../../../lib/report-schedules/rule.ts'
import { RuleError } from '../../../lib/report-schedules/rule-parts.ts'

const minute = 60_000
const day = 24 * 60 * minute
const at = (text: string) => Date.parse(text)

/** The runs after an instant, as RFC 3339 in UTC. */
function runsOf(rule: string, startsAt: string, zone: string, after: string, most = 5): string[] {
  const read = readRule(rule, startsAt)
  const runs: string[] = []
  for (let run = nextRun(read, zone, at(after)); run !== null && runs.length < most; ) {
    runs.push(new Date(run).toISOString().replace(':00.000Z', 'Z'))
    run = nextRun(read, zone, run)
  }
  return runs
}

test('a weekly rule goes by the clocks of its zone through the change of summer time', () => {
  const rule = 'FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0'
  const runs = (zone: string) => runsOf(rule, '2026-01-01T00:00', zone, '2026-03-20T00:00:00Z', 2)
  expect(runs('Europe/Madrid')).toEqual(['2026-03-23T06:00Z', '2026-03-30T05:00Z'])
  expect(runs('UTC')).toEqual(['2026-03-23T07:00Z', '2026-03-30T07:00Z'])
})

test('a time that a zone leaves out runs at the first instant after the gap', () => {
  const rule = 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30'
  const runs = runsOf(rule, '2026-01-01T00:00', 'Europe/Madrid', '2026-03-28T00:00:00Z', 3)
  expect(runs).toEqual(['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z'])
})

test('a time that comes twice runs once, when it comes first', () => {
  const rule = 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30'
  const runs = runsOf(rule, '2026-01-01T00:00', 'Europe/Madrid', '2026-10-24T00:00:00Z', 3)
  expect(runs).toEqual(['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'])
})

test('several times in one gap are one run', () => {
  const rule = 'FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30'
  const runs = runsOf(rule, '2026-01-01T00:00', 'Europe/Madrid', '2026-03-29T00:00:00Z', 3)
  expect(runs).toEqual(['2026-03-29T01:00Z', '2026-03-29T01:30Z', '2026-03-30T00:00Z'])
})

test('INTERVAL and COUNT go on from the start, and UNTIL ends a rule by the clock or at an instant', () => {
  const from = '2026-06-01T00:00:00Z'
  const runs = (rule: string) => runsOf(rule, '2026-06-01T07:00', 'America/New_York', from)
  expect(runs('FREQ=DAILY;INTERVAL=3;COUNT=2')).toEqual(['2026-06-01T11:00Z', '2026-06-04T11:00Z'])
  const two = ['2026-06-01T11:00Z', '2026-06-02T11:00Z']
  expect(runs('FREQ=DAILY;UNTIL=20260602')).toEqual(two)
  expect(runs('FREQ=DAILY;UNTIL=20260602T070000')).toEqual(two)
  expect(runs('FREQ=DAILY;UNTIL=20260602T110000Z')).toEqual(two)
  expect(runs('FREQ=DAILY;UNTIL=20260602T105959Z')).toEqual(two.slice(0, 1))
})

test('the last of many missed runs is found, and none after the end of the rule', () => {
  const last = (rule: string, first: string, until: string) =>
    new Date(
      lastRun(readRule(rule, '2026-01-01T00:30'), 'Europe/Madrid', at(first), at(until)),
    ).toISOString()
  const first = '2026-01-01T23:30:00Z'
  expect(last('FREQ=HOURLY', first, '2036-06-01T12:15:00Z')).toBe('2036-06-01T11:30:00.000Z')
  const ended = 'FREQ=HOURLY;UNTIL=20260301T120000Z'
  expect(last(ended, first, '2036-06-01T12:15:00Z')).toBe('2026-03-01T11:30:00.000Z')
  expect(last('FREQ=HOURLY', first, '2026-01-01T23:59:00Z')).toBe('2026-01-01T23:30:00.000Z')
  // 02:30 had its run before the clock went back to 02:00.
  const repeated = last('FREQ=HOURLY', '2026-10-24T23:30:00Z', '2026-10-25T01:05:00Z')
  expect(repeated).toBe('2026-10-25T00:30:00.000Z')
})

const refused: [string, RegExp][] = [
  ['FREQ=MINUTELY', /finer than HOURLY/],
  ['FREQ=SECONDLY;INTERVAL=7200', /finer than HOURLY/],
  ['FREQ=DAILY;BYSECOND=5', /finer than the clock/],
  ['FREQ=HOURLY;BYMINUTE=0,30', /more than 24 times/],
  ['FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12;BYMINUTE=0,30', /more than 24 times/],
  ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', /does not fire/],
  ['FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31', /does not fire/],
  ['FREQ=DAILY;BYHOUR=1,2;BYSETPOS=3', /does not fire/],
  ['FREQ=DAILY;UNTIL=20200101', /does not fire/],
  ['FREQ=DAILY;COUNT=3', /does not fire/],
  ['FREQ=YEARLY;INTERVAL=1000', /does not fire/],
  ['FREQ=HOURLY;INTERVAL=24;BYHOUR=7', /does not fire/],
  ['FREQ=WEEKLY;BYMONTHDAY=3', /must not/i],
  ['FREQ=DAILY;BYDAY=2MO', /must not/i],
  ['FREQ=DAILY;COUNT=3;UNTIL=20990101', /both/],
  ['FREQ=DAILY;INTERVAL=0', /INTERVAL cannot be 0/],
  ['FREQ=DAILY;COUNT=1001', /COUNT cannot be/],
  ['FREQ=DAILY;BYHOUR=24', /BYHOUR cannot be 24/],
  ['FREQ=DAILY;BYHOUR=', /BYHOUR cannot be/],
  ['FREQ=DAILY;UNTIL=20260230', /UNTIL cannot be/],
  ['FREQ=DAILY;FREQ=WEEKLY', /twice/],
  ['FREQ=DAILY;RSCALE=CHINESE', /no part RSCALE/],
  ['FREQ=DAILY\nDTSTART:20260101T000000Z', /cannot be/],
  ['RRULE:FREQ=DAILY', /no part/],
  ['every day', /NAME=VALUE/],
  ['BYHOUR=7', /must have FREQ/],
  ['FREQ=DAILY;constructor=1', /no part CONSTRUCTOR/],
]

test.each(refused)('%j is refused within two seconds', (rule, reason) => {
  const startedAt = process.cpuUsage()
  let refusal: unknown
  try {
    firstRun(readRule(rule, '2026-01-01T00:30'), 'UTC', at('2026-06-01T00:00:00Z'))
  } catch (error) {
    refusal = error
  }
  expect(refusal).toBeInstanceOf(RuleError)
  expect((refusal as RuleError).message).toMatch(reason)
  const { user, system } = process.cpuUsage(startedAt)
  expect((user + system) / 1000).toBeLessThan(2000)
})

/** Four days around a change of a zone's offset, minute by minute, as the runtime shows its clocks. */
function walk(zone: string, change: string): { instant: number; wall: number }[] {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit' },
  })
  const first = at(change) - 2 * day
  return Array.from({ length: 4 * 24 * 60 }, (_, i) => {
    const instant = first + i * minute
    const parts = Object.fromEntries(format.formatToParts(instant).map((p) => [p.type, p.value]))
    const { year, month, day: date, hour, minute: minutes } = parts
    return { instant, wall: at(`${year}-${month}-${date}T${hour}:${minutes}:00Z`) }
  })
}

const walks = [
  ['Europe/Madrid', '2026-03-29T01:00:00Z'],
  ['Europe/Madrid', '2026-10-25T01:00:00Z'],
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['Asia/Kathmandu', '2026-06-01T00:00:00Z'],
  // a quarter of an hour was left out, and a whole day
  ['Asia/Kathmandu', '1985-12-31T18:30:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
].map(([zone = '', change = '']) => ({ zone, minutes: walk(zone, change) }))

const weekdays = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']
const few = (most: number, length: number) =>
  fc.uniqueArray(fc.integer({ min: 0, max: most }), { minLength: 1, maxLength: length })

const asked = fc.record({
  freq: fc.constantFrom('HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY'),
  interval: fc.integer({ min: 1, max: 5 }),
  // most changes are at night
  hours: fc.option(fc.oneof(few(4, 3), few(23, 4)), { nil: undefined }),
  minute: fc.constantFrom(0, 10, 15, 30, 45, 59),
  days: fc.option(few(6, 4), { nil: undefined }),
  startsDaysBefore: fc.integer({ min: 0, max: 40 }),
  startsAtHour: fc.integer({ min: 0, max: 23 }),
})
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never

function ruleOf({ freq, interval, hours, minute: minutes, days }: Asked): string {
  return [
    `FREQ=${freq}`,
    freq === 'HOURLY' || freq === 'DAILY' ? `INTERVAL=${interval}` : '',
    hours ? `BYHOUR=${hours.join(',')}` : '',
    `BYMINUTE=${minutes}`,
    days ? `BYDAY=${days.map((one) => weekdays[one]).join(',')}` : '',
  ]
    .filter(Boolean)
    .join(';')
}

/** Whether the clock shows a time of the rule, told without a library. */
function isTime(
  { freq, interval, hours, minute: minutes, days }: Asked,
  start: number,
  wall: number,
) {
  const [then, first] = [new Date(wall), new Date(start)]
  const dates = Math.floor(wall / day) - Math.floor(start / day)
  const hoursSince = Math.floor(wall / (60 * minute)) - Math.floor(start / (60 * minute))
  const isHour =
    freq === 'HOURLY'
      ? hoursSince % interval === 0 && (hours?.includes(then.getUTCHours()) ?? true)
      : (hours ?? [first.getUTCHours()]).includes(then.getUTCHours())
  const isDay = {
    HOURLY: days?.includes(then.getUTCDay()) ?? true,
    DAILY: dates % interval === 0 && (days?.includes(then.getUTCDay()) ?? true),
    WEEKLY: (days ?? [first.getUTCDay()]).includes(then.getUTCDay()),
    MONTHLY: days?.includes(then.getUTCDay()) ?? then.getUTCDate() === first.getUTCDate(),
  }[freq]
  return wall >= start && then.getUTCMinutes() === minutes && isHour && isDay
}

test('the runs of any rule are those of a clock that is watched minute by minute', () => {
  const property = fc.property(
    fc.constantFrom(...walks),
    asked,
    fc.array(fc.nat({ max: 1439 }), { minLength: 3, maxLength: 3 }),
    ({ zone, minutes }, one, [afterAt = 0, untilAt = 0]) => {
      const [origin] = minutes
      const start =
        Math.floor((origin?.wall ?? 0) / day) * day -
        one.startsDaysBefore * day +
        one.startsAtHour * 60 * minute
      const startsAt = new Date(start).toISOString().slice(0, 16)
      // A time has come as soon as the clock shows it or a later one.
      let shown = (origin?.wall ?? 0) - minute
      const watched = minutes.flatMap(({ instant, wall }) => {
        const times = Array.from({ length: Math.max(0, (wall - shown) / minute) }, (_, i) =>
          isTime(one, start, shown + (i + 1) * minute),
        )
        shown = Math.max(shown, wall)
        return times.includes(true) ? [instant] : []
      })
      const after = minutes[afterAt]?.instant ?? 0
      const end = minutes.at(-1)?.instant ?? 0
      const rule = readRule(ruleOf(one), startsAt)
      const found: number[] = []
      for (let run = nextRun(rule, zone, after); run !== null && run <= end; ) {
        found.push(run)
        run = nextRun(rule, zone, run)
      }
      expect(found).toEqual(watched.filter((instant) => instant > after))
      const until = minutes[1440 + 2 * untilAt]?.instant ?? 0
      const [first] = found
      if (first === undefined || first > until) return
      expect(lastRun(rule, zone, first, until)).toBe(found.filter((run) => run <= until).at(-1))
    },
  )
  fc.assert(property, { numRuns: Number(process.env.RUNS ?? 200) })
})
