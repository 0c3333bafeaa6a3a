import * as z from 'zod'
import { localMidnight } from '../time/periods.ts'
import { isCurrency } from './currency.ts'
import { instantOf, isTimeZone } from './timestamp.ts'

/** How the scrub treats the text of a field; a text without an entry has its value scrubbed. */
export const treatments = new Map<z.core.$ZodType, 'verbatim' | 'pseudonym'>()

const verbatim = <T extends z.ZodType>(schema: T): T => {
  treatments.set(schema, 'verbatim')
  return schema
}

/** An id that joins facts with each other: never altered. */
export const id = verbatim(z.string().min(1).max(128))

/** An id of a browser, a device, a cart: kept, but cleaned of anything that reads as a person. */
export const looseId = z.string().min(1).max(128)

/** The id of a person: leaves this folder as a pseudonym only. */
export const personId = z.string().min(1).max(256).meta({ description: 'becomes a pseudonym' })
treatments.set(personId, 'pseudonym')

export const venueId = verbatim(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/))

export const name = z.string().min(1).max(300)
export const text = (maximum: number) => z.string().max(maximum)

export const count = z.int().min(0)
export const moneyMinor = z.int().min(0)
export const positiveMoneyMinor = z.int().min(1)

export const currency = z
  .string()
  .refine(isCurrency, { error: 'must be an ISO 4217 code in upper case' })
  .meta({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' })

export const timestamp = z
  .string()
  .refine((value) => instantOf(value) !== undefined, {
    error: 'must be an RFC 3339 date and time with an offset, in the years 0001 to 9999',
  })
  .meta({ format: 'date-time' })

export const timeZone = z
  .string()
  .refine(isTimeZone, { error: 'must be a time zone of the IANA database' })
  .meta({ description: 'IANA time zone' })

export const wallTime = z
  .string()
  .refine((value) => /^([01]\d|2[0-3]):[0-5]\d$/.test(value), {
    error: 'must be a time of day from 00:00 to 23:59',
  })
  .meta({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' })

export const date = z
  .string()
  .refine((value) => localMidnight(value) !== undefined, {
    error: 'must be a date like 2026-07-01',
  })
  .meta({ format: 'date' })

export const weekday = z.enum([
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
])
