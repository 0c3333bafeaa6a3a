import { days, Hours } from '../../../lib/alerts/rule.ts'
import { isWithin } from '../../../lib/alerts/schedule.ts'

const zones = ['Europe/Madrid', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC']
const hours = [
  { from: '09:00', to: '17:00', days: ['mon', 'fri'] },
  { from: '22:00', to: '06:00', days: ['sat'] },
  { from: '01:30', to: '02:30', days: ['sun'] },
  { from: '00:00', to: '24:00', days: ['wed'] },
  { from: '02:00', to: '01:00' },
]

/** What the clocks of a zone show, by Intl. */
function clockOf(zone: string) {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  return (instant: number) => {
    const parts = Object.fromEntries(format.formatToParts(instant).map((p) => [p.type, p.value]))
    return { day: String(parts.weekday).toLowerCase(), time: `${parts.hour}:${parts.minute}` }
  }
}

const before = (day: string) => days[(days.indexOf(day as 'mon') + 6) % 7]

test.each(zones)(
  'every tenth minute of a year is in the hours that the clocks of %s show',
  (zone) => {
    const clock = clockOf(zone)
    const parsed = hours.map((one) => Hours.parse(one))
    const wrong: string[] = []
    const from = Date.parse('2026-01-01T00:00:00Z')
    for (let at = from; at < from + 365 * 86_400_000; at += 600_000) {
      const { day, time } = clock(at)
      for (const one of parsed) {
        const isOf = (of: string | undefined) => (one.days as string[]).includes(of ?? '')
        const expected =
          one.from < one.to
            ? isOf(day) && time >= one.from && time < one.to
            : (isOf(day) && time >= one.from) || (isOf(before(day)) && time < one.to)
        if (isWithin(one, at, zone) !== expected) wrong.push(`${new Date(at).toISOString()} ${one.from}`) // biome-ignore format: one line
      }
    }
    expect(wrong).toEqual([])
  },
)
