import type { Tx } from '../clients/postgres.ts'
import type { Preferences } from './preference-schema.ts'

export type Kept = { preferences: Preferences; revision: number }

/** What a person has said; undefined where they never did. */
export async function readPreferences(tx: Tx, userId: string): Promise<Kept | undefined> {
  const [row] = await tx<Kept[]>`
    select preferences, revision from notification_preferences where user_id = ${userId}`
  return row
}

/** Lets one change of a person after the other look at what is kept. */
export const lockPreferences = (tx: Tx, userId: string) => tx`
  select pg_advisory_xact_lock(hashtext('notification preferences'), hashtext(${userId}))`

/** Keeps what a person says, the next revision of it. */
export const writePreferences = (tx: Tx, userId: string, preferences: Preferences) => tx`
  insert into notification_preferences as p (user_id, preferences)
  values (${userId}, ${JSON.stringify(preferences)}::text::jsonb)
      on conflict (user_id)
      do update set preferences = excluded.preferences, revision = p.revision + 1,
                    updated_at = clock_timestamp()`
