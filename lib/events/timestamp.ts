const pattern =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,12})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const earliest = Date.parse('0001-01-01T00:00:00Z')
const latest = Date.parse('9999-12-31T23:59:59.999Z')

/** The instant that an RFC 3339 text with offset names, or undefined when there is none. */
export function instantOf(text: string): Date | undefined {
  const parts = pattern.exec(text)
  if (!parts) return undefined
  const [, year, month, day] = parts
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) return undefined
  const instant = Date.parse(text.toUpperCase())
  // Postgres has no year 0 and ISO text of year 10000 is of another form.
  if (!(instant >= earliest && instant <= latest)) return undefined
  return new Date(instant)
}

// Date.parse takes 30 February for 2 March.
function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  if (month < 1 || month > 12) return 0
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

const knownZones = new Map<string, boolean>()

/** Whether the text names a zone of the IANA time zone database. */
export function isTimeZone(zone: string): boolean {
  const known = knownZones.get(zone)
  if (known !== undefined) return known
  const valid = intlKnows(zone)
  // Asking Intl costs 20 µs and more; there are some 600 zones, and strangers may invent names.
  if (knownZones.size < 2000) knownZones.set(zone, valid)
  return valid
}

function intlKnows(zone: string): boolean {
  // Intl takes offsets such as +05:00 too, which have no history of daylight saving.
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(zone)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
