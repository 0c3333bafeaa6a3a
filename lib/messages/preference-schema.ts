import * as z from 'zod'
import { wallTime } from '../events/fields.ts'
import { isTimeZone } from '../time/zones.ts'

/** How a person wants to be reached. */
export const Preferences = z
  .strictObject({
    timeZone: z
      .string()
      .refine(isTimeZone, { error: 'is not a time zone of the IANA list' })
      .meta({ description: 'IANA time zone, by whose clocks the hours are' }),
    channels: z
      .strictObject({
        email: z.boolean(),
        sms: z.boolean(),
        push: z.boolean(),
        slack: z.boolean(),
        webhook: z.boolean(),
      })
      .meta({ description: 'On which the person wants to hear anything' }),
    quietHours: z
      .strictObject({ from: wallTime, to: wallTime })
      .refine(({ from, to }) => from !== to, {
        error: 'must end at another time than they begin; null: there are none',
        path: ['to'],
      })
      .nullable()
      .meta({ description: 'When only what is critical comes; the rest waits for the end' }),
    digest: z
      .strictObject({ at: wallTime })
      .nullable()
      .meta({ description: 'What is not critical comes once a day, as one' }),
  })
  .meta({
    id: 'NotificationPreferences',
    examples: [
      {
        timeZone: 'America/New_York',
        channels: { email: true, sms: false, push: true, slack: true, webhook: true },
        quietHours: { from: '22:00', to: '07:00' },
        digest: null,
      },
    ],
  })
export type Preferences = z.infer<typeof Preferences>

/** Of who has never said anything. */
export const defaults: Preferences = {
  timeZone: 'UTC',
  channels: { email: true, sms: true, push: true, slack: true, webhook: true },
  quietHours: null,
  digest: null,
}
