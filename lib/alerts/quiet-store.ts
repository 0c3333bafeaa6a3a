import type { Tx } from '../clients/postgres.ts'
import type { Matcher } from './matchers.ts'
import type { Hours } from './rule.ts'

/** The silences of a venue that hold at a moment. */
export const readSilences = (tx: Tx, venueId: string, moment: Date) => tx<
  { matchers: Matcher[] }[]
>`
  select matchers
    from silences
   where venue_id = ${venueId}
     and starts_at <= ${moment.toISOString()}::text::timestamptz
     and ends_at > ${moment.toISOString()}::text::timestamptz`

/** The mute windows of a venue that are in use. */
export const readMuteWindows = (tx: Tx, venueId: string) => tx<
  { hours: Hours; matchers: Matcher[] }[]
>`
  select hours, matchers from mute_windows where venue_id = ${venueId} and enabled`
