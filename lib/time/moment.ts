import { type Calendar, localMidnight, startOfDay } from './periods.ts'

const MINUTE = 60_000

/**
 * A moment as the contract writes it, in epoch ms: 'YYYY-MM-DD' is the start of that business day;
 * an RFC 3339 date-time with 'Z' or an offset is that instant, digits below the millisecond cut
 * off. A '+' that a URL turned into a space counts as '+'. undefined for anything else: a date
 * that does not exist, a time without seconds or offset, a leap second.
 */
export function parseMoment(text: string, calendar: Calendar): number | undefined {
  if (localMidnight(text) !== undefined) return startOfDay(text, calendar)
  const match =
    /^(.{10})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?([Zz]|[+ -]\S{5})$/.exec(text)
  if (!match) return undefined
  const [, date = '', hh, mm, ss, fraction = '', zone = ''] = match
  const midnight = localMidnight(date)
  const offset = offsetOf(zone)
  if (midnight === undefined || offset === undefined) return undefined
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const seconds = Number(hh) * 3600 + Number(mm) * 60 + Number(ss)
  return midnight + seconds * 1000 + milliseconds - offset
}

/** 'Z' or '+HH:MM', the '+' perhaps decoded to a space, in ms east of UTC; undefined if neither. */
function offsetOf(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0
  const match = /^([+ -])([01]\d|2[0-3]):([0-5]\d)$/.exec(zone)
  if (!match) return undefined
  const size = (Number(match[2]) * 60 + Number(match[3])) * MINUTE
  return match[1] === '-' ? -size : size
}
