import * as z from 'zod'
import { readTenant, withTenant } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { currency, wallTime, weekday } from '../events/fields.ts'
import { lockVenue, readState } from '../ledger/state.ts'
import { isTimeZone } from '../time/zones.ts'
import { type Settings, sameDays } from './settings.ts'
import { readVenue, writeSettings } from './store.ts'

const fields = {
  name: z.string().min(1).max(300).nullable(),
  timezone: z
    .string()
    .refine(isTimeZone, { error: 'is not a time zone of the IANA list' })
    .meta({ description: 'IANA time zone' }),
  dayStart: wallTime.meta({ description: 'When a business day begins, by the venue’s clock' }),
  currency,
  weekStart: weekday,
}
const example = {
  name: 'Palace Theatre',
  timezone: 'America/New_York',
  dayStart: '06:00',
  currency: 'USD',
  weekStart: 'monday',
}

export const NewSettings = z
  .strictObject({
    ...fields,
    name: fields.name.optional().meta({ description: 'Left out: stays as it is' }),
  })
  .meta({ id: 'NewSettings', examples: [example] })
export type NewSettings = z.infer<typeof NewSettings>

export const SettingsAnswer = z.strictObject(fields).meta({ id: 'Settings', examples: [example] })
export type SettingsAnswer = z.infer<typeof SettingsAnswer>

/** The settings with their revision, which is what an update must name. */
export type Revised = { settings: SettingsAnswer; revision: number }

/** The venue's settings; the defaults where nobody has set any. */
export async function readSettings(venueId: string): Promise<Revised> {
  const { settings, revision } = await readTenant(venueId, (tx) => readVenue(tx, venueId))
  return { settings: told(settings), revision }
}

/**
 * Changes the settings if they are still of the revision that `isCurrent` accepts. Where days
 * begin otherwise than before, the day tier of all history is made anew by the next tick; until
 * then answers come from the quarter hours, which know no zone.
 */
export async function changeSettings(
  venueId: string,
  userId: string,
  asked: NewSettings,
  isCurrent: (revision: number) => boolean,
): Promise<Revised> {
  return withTenant(venueId, async (tx) => {
    await lockVenue(tx, venueId)
    const { revision } = await readVenue(tx, venueId)
    if (!isCurrent(revision)) {
      throw new Refusal('precondition_failed', 'The settings were changed since they were read')
    }
    const state = await readState(tx, venueId, { eventIds: [], orderIds: [], tickets: [] })
    const settings: Settings = {
      name: asked.name === undefined ? state.settings.name : asked.name,
      timeZone: asked.timezone,
      dayStart: asked.dayStart,
      weekStart: asked.weekStart,
      currency: asked.currency,
    }
    await writeSettings(tx, venueId, settings, {
      at: state.recordedAt,
      by: `user ${userId}`,
      makesDaysStale: state.hasEntries && !sameDays(settings, state.settings),
    })
    return { settings: told(settings), revision: revision + 1 }
  })
}

const told = ({ name, timeZone, dayStart, currency, weekStart }: Settings): SettingsAnswer => ({
  name,
  timezone: timeZone,
  dayStart,
  currency,
  weekStart,
})
