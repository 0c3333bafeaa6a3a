import type { Locale } from './templates.ts'

/** In which language, and by the clocks of which zone, somebody reads. */
export type Reader = { locale: Locale; timeZone: string }

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/**
 * An RFC 3339 instant as a person reads it: 'Jun 2, 2026, 7:00 AM EDT', '2. Juni 2026, 13:00 MESZ'.
 * Whatever is none stays as it is.
 */
export function readInstant(value: string, { locale, timeZone }: Reader): string {
  const instant = rfc3339.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(instant)) return value
  return new Intl.DateTimeFormat(locale, {
    ...{ day: 'numeric', month: 'short', year: 'numeric' },
    ...{ hour: 'numeric', minute: '2-digit', timeZoneName: 'short', timeZone },
  }).format(instant)
}
