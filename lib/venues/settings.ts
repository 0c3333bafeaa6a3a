import type { EventOf } from '../events/registry.ts'
import type { Calendar } from '../time/periods.ts'

/** How a venue counts: its clock, its days and the currency taken where a message names none. */
export type Settings = Calendar & { name: string | null; currency: string }

/** A change of settings with what decides which of two changes is the later. */
export type SettingsChange = { settings: Settings; settledAt: number; settledBy: string }

/** The settings of a venue that nobody has written to yet. */
export const defaultSettings: Settings = {
  name: null,
  timeZone: 'UTC',
  dayStart: '00:00',
  weekStart: 'monday',
  currency: 'USD',
}

/** The change that a venue.updated event asks for; what it leaves out takes its default. */
export function settingsChangeOf(event: EventOf<'venue.updated'>): SettingsChange {
  const { name, timezone, currency, day_start, week_start } = event.data
  return {
    settings: {
      name: name ?? null,
      timeZone: timezone,
      dayStart: day_start ?? defaultSettings.dayStart,
      weekStart: (week_start ?? defaultSettings.weekStart) as Settings['weekStart'],
      currency,
    },
    settledAt: event.occurredAt.getTime(),
    settledBy: event.event_id,
  }
}

/** The later of the changes by event time, then by id; undefined when there is none. */
export function latestChange(changes: SettingsChange[]): SettingsChange | undefined {
  return changes.reduce<SettingsChange | undefined>(
    (latest, change) => (!latest || isLater(change, latest) ? change : latest),
    undefined,
  )
}

/** Whether `a` supersedes `b`. */
export function isLater(
  a: { settledAt: number; settledBy: string },
  b: { settledAt: number; settledBy: string },
): boolean {
  if (a.settledAt !== b.settledAt) return a.settledAt > b.settledAt
  return a.settledBy > b.settledBy
}

/** Whether the two cut time into the same days. */
export const sameDays = (a: Calendar, b: Calendar): boolean =>
  a.timeZone === b.timeZone && a.dayStart === b.dayStart
