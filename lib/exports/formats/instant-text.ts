const dayMs = 86_400_000
const dayPattern = /^\d{4}-\d\d-\d\d$/
const instantPattern =
  /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:Z|([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)$/

/** A moment as its text shows it. */
export type Shown = {
  /** The day of the wall clock, in days since 1970-01-01. */
  day: number
  /** Of that day, by the wall clock. */
  secondOfDay: number
  micros: number
  /** How far the wall clock is ahead of UTC. */
  offsetSeconds: number
}

/** Days since 1970-01-01 of YYYY-MM-DD; undefined for other text, as `infinity`. */
export function dayNumber(text: string): number | undefined {
  const ms = dayPattern.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms / dayMs
}

/** Reads an ISO instant of the row source, to the microsecond; undefined for other text. */
export function readInstant(text: string): Shown | undefined {
  const parts = instantPattern.exec(text)
  if (!parts) return undefined
  const [, date = '', hour, minute, second, decimals = '', sign, hours, minutes, seconds] = parts
  const day = dayNumber(date)
  if (day === undefined) return undefined
  const offset = secondsOf(hours, minutes, seconds)
  return {
    day,
    secondOfDay: secondsOf(hour, minute, second),
    micros: Number(decimals.padEnd(6, '0')),
    offsetSeconds: sign === '-' ? -offset : offset,
  }
}

const secondsOf = (hours = '0', minutes = '0', seconds = '0'): number =>
  Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
