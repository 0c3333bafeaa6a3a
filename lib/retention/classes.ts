import { instantOfLocal, offsetAt } from '../time/zones.ts'

/** Where the rows of a class are, and what tells when they were received. */
export type Place = { table: string; column: string } | { collection: string; field: string }

/**
 * What is kept for a time that the venue sets: one row for each class. Months count from receipt.
 * Whatever is a number or proves one (the ledger, its sums, the inbox) is in no class: it is kept
 * for ever. The job needs the right to delete from a table, and an index by venue and column.
 */
export const classes = {
  quarantine: {
    what: 'events that could not be counted',
    months: 13,
    place: { table: 'quarantine', column: 'received_at' },
  },
  intake: {
    what: 'what came in, by the quarter hour',
    months: 25,
    place: { table: 'intake', column: 'quarter' },
  },
  // Last: a Mongo that is away keeps none of the others.
  rawEvents: {
    what: 'raw copies of events',
    months: 25,
    place: { collection: 'raw_events', field: 'received_at' },
  },
} satisfies Record<string, { what: string; months: number; place: Place }>

export type Class = keyof typeof classes
export type KeepMonths = Record<Class, number>

export const classNames = Object.keys(classes) as [Class, ...Class[]]

/** The bounds of a policy. No policy reaches beyond the expiry of the collection in Mongo. */
export const leastMonths = 1
export const mostMonths = 84

/** Messages in which no venue can be read are nobody's to set a policy for. */
export const strayMonths = 13

/** The months of every class: what the venue has set, and the defaults. */
export const keepMonthsOf = (set: Partial<KeepMonths>): KeepMonths =>
  eachClass((name) => set[name] ?? classes[name].months)

/** Something for each class. */
export const eachClass = <T>(of: (name: Class) => T): Record<Class, T> =>
  Object.fromEntries(classNames.map((name) => [name, of(name)])) as Record<Class, T>

/**
 * The instant from which rows are kept: midnight by the venue's clock, so many months before the
 * day of `now`. It stays the same for a day, so that what is told first is what is deleted after.
 */
export function keptSince(months: number, timeZone: string, now: Date): Date {
  const local = new Date(now.getTime() + offsetAt(now.getTime(), timeZone))
  const [year, month] = [local.getUTCFullYear(), local.getUTCMonth() - months]
  // The 31st of a month that has none is its last day.
  const day = Math.min(local.getUTCDate(), new Date(Date.UTC(year, month + 1, 0)).getUTCDate())
  return new Date(instantOfLocal(Date.UTC(year, month, day), timeZone))
}
