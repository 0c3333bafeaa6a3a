/** What a rule has that is no rule for a schedule, in words for whoever wrote it. */
export class RuleError extends Error {}

/** The parts of a rule that is well formed; UNTIL as the clocks show it, or as an instant. */
export type Parts = {
  /** The rule without its end. */
  text: string
  freq: (typeof frequencies)[number]
  count: number | null
  until: { at: number; isWall: boolean } | null
}

const frequencies = ['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const
const mostRunsOfDay = 24
/** A rule counts from its start, and each count costs a step. */
const mostCount = 1000

const numbers = (least: number, most: number, isSigned = false) => ({
  test: (value: string) => {
    if (!(isSigned ? /^[+-]?\d{1,3}$/ : /^\d{1,4}$/).test(value)) return false
    const size = Math.abs(Number(value))
    return size >= least && size <= most
  },
})
const weekday = /^(?:MO|TU|WE|TH|FR|SA|SU)$/
const lists: Record<string, { test(value: string): boolean }> = {
  BYMINUTE: numbers(0, 59),
  BYHOUR: numbers(0, 23),
  BYDAY: /^(?:[+-]?(?:[1-9]|[1-4]\d|5[0-3]))?(?:MO|TU|WE|TH|FR|SA|SU)$/,
  BYMONTHDAY: numbers(1, 31, true),
  BYYEARDAY: numbers(1, 366, true),
  BYWEEKNO: numbers(1, 53, true),
  BYMONTH: numbers(1, 12),
  BYSETPOS: numbers(1, 366, true),
}
const ones: Record<string, { test(value: string): boolean }> = {
  FREQ: { test: (value) => frequencies.some((freq) => freq === value) },
  INTERVAL: numbers(1, 1000),
  COUNT: numbers(1, mostCount),
  UNTIL: { test: (value) => untilOf(value) !== null },
  WKST: weekday,
}

/**
 * Reads the text of a rule (RFC 5545, 3.3.10). Throws RuleError for what is none, for a rule finer
 * than hourly or that may run more than 24 times a day, and for seconds: clocks go by the minute.
 */
export function partsOf(rule: string): Parts {
  const told = rule.split(';').map((part): [string, string] => {
    const [name = '', value, ...rest] = part.toUpperCase().split('=')
    if (value === undefined || rest.length > 0) throw new RuleError(`${part} is not NAME=VALUE`)
    return [name, value]
  })
  const parts = new Map(told)
  if (parts.size < told.length) throw new RuleError('names a part twice')
  for (const [name, value] of parts) checkPart(name, value)
  const freq = frequencies.find((one) => one === parts.get('FREQ'))
  if (!freq) throw new RuleError('must have FREQ')
  if (parts.has('COUNT') && parts.has('UNTIL')) throw new RuleError('has both COUNT and UNTIL')
  refuseTooOften(freq, parts)
  const count = parts.get('COUNT')
  const text = told.filter(([name]) => name !== 'UNTIL').map((part) => part.join('='))
  return {
    text: text.join(';'),
    freq,
    count: count === undefined ? null : Number(count),
    until: untilOf(parts.get('UNTIL') ?? ''),
  }
}

function checkPart(name: string, value: string): void {
  if (name === 'FREQ' && /^(?:SECONDLY|MINUTELY)$/.test(value)) {
    throw new RuleError(`FREQ=${value} is finer than HOURLY`)
  }
  if (name === 'BYSECOND')
    throw new RuleError('BYSECOND is finer than the clock, which goes by minutes')
  const values = Object.hasOwn(lists, name) ? value.split(',') : [value]
  const kind = Object.hasOwn(lists, name) ? lists[name] : Object.hasOwn(ones, name) && ones[name]
  if (!kind) throw new RuleError(`has no part ${name.slice(0, 40)}`)
  const wrong = values.find((one) => !kind.test(one))
  if (wrong !== undefined) throw new RuleError(`${name} cannot be ${wrong.slice(0, 40)}`)
}

// As many as there may be on a day, before BYSETPOS leaves out some.
function refuseTooOften(freq: Parts['freq'], parts: Map<string, string>): void {
  const length = (name: string) => new Set(parts.get(name)?.split(',').map(Number)).size
  const interval = Number(parts.get('INTERVAL') ?? 1)
  const ofDay = freq === 'HOURLY' ? Math.ceil(24 / interval) : 1
  const hours = length('BYHOUR')
  const inHours = freq === 'HOURLY' && hours > 0 ? Math.min(hours, ofDay) : hours || ofDay
  if (inHours * (length('BYMINUTE') || 1) > mostRunsOfDay) {
    throw new RuleError(`may run more than ${mostRunsOfDay} times a day`)
  }
}

/** The whole of a day where UNTIL is a date. */
function untilOf(value: string): Parts['until'] {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T([01]\d|2[0-3])([0-5]\d)([0-5]\d)(Z)?)?$/.exec(value)
  if (!match) return null
  const [, year, month, day, hours = '23', minutes = '59', seconds = '59', utc] = match
  const at = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`)
  const isDay =
    !Number.isNaN(at) && new Date(at).toISOString().startsWith(`${year}-${month}-${day}`)
  return isDay ? { at, isWall: utc === undefined } : null
}
