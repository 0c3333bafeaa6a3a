import { formatInstant, instantOfLocal } from '../time/zones.ts'

/** A time as a file tells it: on some wall clock, or an instant where it names its offset. */
export type ReadTime = { local: number; isInstant: boolean }

export type TimeFormat = {
  hasTime: boolean
  /** undefined when the text is not of the form, or names a day or time that does not exist. */
  read: (text: string) => ReadTime | undefined
}

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'half'

const dayMs = 86_400_000
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const tokens: Record<string, { part: Part; pattern: string }> = {
  YYYY: { part: 'year', pattern: '(\\d{4})' },
  MMM: { part: 'month', pattern: '([A-Za-z]{3})' },
  MM: { part: 'month', pattern: '(\\d\\d)' },
  M: { part: 'month', pattern: '(\\d{1,2})' },
  DD: { part: 'day', pattern: '(\\d\\d)' },
  D: { part: 'day', pattern: '(\\d{1,2})' },
  HH: { part: 'hour', pattern: '(\\d\\d)' },
  H: { part: 'hour', pattern: '(\\d{1,2})' },
  h: { part: 'hour', pattern: '(\\d{1,2})' },
  mm: { part: 'minute', pattern: '(\\d\\d)' },
  ss: { part: 'second', pattern: '(\\d\\d)' },
  A: { part: 'half', pattern: '([AaPp][Mm])' },
}

const tokenPattern = /YYYY|MMM|MM|M|DD|D|HH|H|h|mm|ss|A/g

const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s?(Z|[+-]\d\d:?\d\d)?)?$/i

/**
 * A form such as `M/D/YYYY` or `MMM D, YYYY h:mm:ss A`; `ISO` is the standard's own, with or
 * without time and offset. undefined when the form names no whole day.
 */
export function timeFormatOf(format: string): TimeFormat | undefined {
  if (format === 'ISO') return { hasTime: true, read: readIso }
  const parts: Part[] = []
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  let pattern = ''
  let end = 0
  for (const { 0: name, index } of format.matchAll(tokenPattern)) {
    const token = tokens[name]
    if (!token || parts.includes(token.part)) return undefined
    parts.push(token.part)
    pattern += literal(format.slice(end, index)) + token.pattern
    end = index + name.length
  }
  if (!(['year', 'month', 'day'] as const).every((part) => parts.includes(part))) return undefined
  // 12-hour clocks without AM or PM do not tell the time, nor do minutes without hours.
  const hasTime = parts.includes('hour')
  if (/h/.test(format) !== parts.includes('half')) return undefined
  if (!hasTime && (parts.includes('minute') || parts.includes('second'))) return undefined
  const whole = new RegExp(`^${pattern}${literal(format.slice(end))}$`)
  return { hasTime, read: (text) => readBy(whole, parts, text) }
}

/** Milliseconds of a wall-clock time such as `19:00`; undefined when it is none. */
export function wallTimeMs(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  return match ? (Number(match[1]) * 60 + Number(match[2])) * 60_000 : undefined
}

/** The same time at another hour of its day, some days earlier. */
export function shifted(time: ReadTime, at: number | undefined, minusDays: number): ReadTime {
  const local = at === undefined ? time.local : Math.floor(time.local / dayMs) * dayMs + at
  return { local: local - minusDays * dayMs, isInstant: time.isInstant && at === undefined }
}

/** RFC 3339 with the zone's offset. RangeError outside the years 0000 to 9999. */
export const zonedText = ({ local, isInstant }: ReadTime, zone: string): string =>
  formatInstant(isInstant ? local : instantOfLocal(local, zone), zone)

/** What the zone's clocks show, without an offset: `2017-07-28T19:30:00`. */
export const localText = (time: ReadTime, zone: string): string =>
  time.isInstant
    ? zonedText(time, zone).slice(0, 19)
    : new Date(time.local).toISOString().slice(0, 19)

function readBy(pattern: RegExp, parts: Part[], text: string): ReadTime | undefined {
  const match = pattern.exec(text.trim())
  if (!match) return undefined
  const found: Partial<Record<Part, string>> = {}
  parts.forEach((part, index) => {
    found[part] = match[index + 1] ?? ''
  })
  const { year, month = '', day, hour = '0', minute = '0', second = '0', half } = found
  const monthNumber = /^\d/.test(month) ? Number(month) : months.indexOf(month.toLowerCase()) + 1
  const hours = half ? hourOf(Number(hour), half.toLowerCase() === 'pm') : Number(hour)
  const clock = clockMs(hours, Number(minute), Number(second))
  return onDay(Number(year), monthNumber, Number(day), clock)
}

function readIso(text: string): ReadTime | undefined {
  const match = isoPattern.exec(text.trim())
  if (!match) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match
  const clock = clockMs(Number(hour), Number(minute), Number(second))
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const time = onDay(Number(year), Number(month), Number(day), clock + milliseconds)
  if (!time || zone === undefined) return time
  const offset = offsetMs(zone)
  return offset === undefined ? undefined : { local: time.local - offset, isInstant: true }
}

function offsetMs(zone: string): number | undefined {
  if (zone.toUpperCase() === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 23 || minutes > 59) return undefined
  const size = (hours * 60 + minutes) * 60_000
  return zone.startsWith('-') ? -size : size
}

function hourOf(hour: number, isAfternoon: boolean): number {
  if (hour < 1 || hour > 12) return Number.NaN
  return (hour % 12) + (isAfternoon ? 12 : 0)
}

function clockMs(hour: number, minute: number, second: number): number {
  const isClock = hour <= 23 && minute <= 59 && second <= 59
  return isClock ? ((hour * 60 + minute) * 60 + second) * 1000 : Number.NaN
}

function onDay(year: number, month: number, day: number, clock: number): ReadTime | undefined {
  // Not Date.UTC: it takes the years 0–99 for 1900–1999, and 30 February for 2 March.
  const midnight = new Date(0).setUTCFullYear(year, month - 1, day)
  const date = new Date(midnight)
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!isDay || year < 1 || Number.isNaN(clock)) return undefined
  return { local: midnight + clock, isInstant: false }
}
