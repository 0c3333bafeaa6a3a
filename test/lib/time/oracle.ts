import type { Calendar, Weekday } from '../../../lib/time/periods.ts'

// What the code must give, found by walking the wall clock minute by minute. It reads the calendar
// fields that Intl prints and shares nothing with lib/time: no offsets, transitions or day index.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const formats = new Map<string, Intl.DateTimeFormat>()

export const oddZones = [
  'Africa/Cairo',
  'Africa/Casablanca',
  'America/Caracas',
  'America/New_York',
  'America/Nuuk',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Antarctica/Troll',
  'Asia/Gaza',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Tehran',
  'Australia/Lord_Howe',
  'Europe/Dublin',
  'Europe/Madrid',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'UTC',
]

/** What the zone's clocks show at an instant, written as the epoch ms it would be in UTC. */
export function wallClock(instant: number, timeZone: string): number {
  const known = formats.get(timeZone)
  const format =
    known ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  if (!known) formats.set(timeZone, format)
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0, second = 0] = (
    format.format(instant).match(/\d+/g) ?? []
  ).map(Number)
  const milliseconds = ((instant % 1000) + 1000) % 1000
  return Date.UTC(year, month - 1, day, hour, minute, second, milliseconds)
}

/** The first minute at which the clock shows `dayStart` of `date`, counted on over a gap. */
export function walkToStartOfDay(date: string, { timeZone, dayStart }: Calendar): number {
  const target = Date.parse(`${date}T${dayStart}Z`)
  let before = target - 16 * HOUR
  // Strides first: no clock here goes back by more than two hours, so none passes it unseen.
  while (wallClock(before + 2 * HOUR, timeZone) < target - 2 * HOUR) before += 2 * HOUR
  while (wallClock(before + MINUTE, timeZone) < target) before += MINUTE
  const next = before + MINUTE
  if (wallClock(next, timeZone) === target) return next
  return before + target - wallClock(before, timeZone)
}

/** The hours or minutes of the clock in [from, to): a new one where its name or offset changes. */
export function walkClockBuckets(
  from: number,
  to: number,
  stepMinutes: number,
  timeZone: string,
): number[] {
  const starts: number[] = []
  let last = ''
  for (let at = from; at < to; at = Math.floor(at / MINUTE) * MINUTE + MINUTE) {
    const wall = wallClock(at, timeZone)
    const name = `${Math.floor(wall / (stepMinutes * MINUTE))} ${wall - at}`
    if (name !== last) starts.push(at)
    last = name
  }
  return starts
}

/** The days, weeks or months in [from, to), by looking at each date in turn. */
export function walkDayBuckets(
  from: number,
  to: number,
  granularity: 'day' | 'week' | 'month',
  calendar: Calendar,
): number[] {
  const starts = [from]
  for (let midnight = Math.floor(from / DAY) * DAY - 2 * DAY; midnight < to + 2 * DAY; ) {
    const date = new Date(midnight).toISOString().slice(0, 10)
    midnight += DAY
    if (granularity === 'month' && !date.endsWith('-01')) continue
    if (granularity === 'week' && weekdayOf(date) !== calendar.weekStart) continue
    const at = walkToStartOfDay(date, calendar)
    if (at > (starts.at(-1) ?? from) && at < to) starts.push(at)
  }
  return starts
}

const weekdayOf = (date: string): Weekday =>
  new Date(date)
    .toLocaleDateString('en-GB', { weekday: 'long', timeZone: 'UTC' })
    .toLowerCase() as Weekday
