import type { Caller } from '../access/grants.ts'
import { withoutTenant, withoutTenantReader } from '../clients/postgres.ts'
import { Refusal } from '../errors.ts'
import { defaults, type Preferences } from './preference-schema.ts'
import {
  type Kept,
  lockPreferences,
  readPreferences,
  writePreferences,
} from './preference-store.ts'

/** How the caller wants to be reached; the defaults where they never said. */
export async function preferencesOf(caller: Caller): Promise<Kept> {
  const userId = personOf(caller)
  const kept = await withoutTenantReader((tx) => readPreferences(tx, userId))
  return kept ?? { preferences: defaults, revision: 0 }
}

/** Changes them if they are still of the revision that `isCurrent` accepts. */
export async function changePreferences(
  caller: Caller,
  preferences: Preferences,
  isCurrent: (revision: number) => boolean,
): Promise<Kept> {
  const userId = personOf(caller)
  return withoutTenant(async (tx) => {
    await lockPreferences(tx, userId)
    const { revision } = (await readPreferences(tx, userId)) ?? { revision: 0 }
    if (!isCurrent(revision)) {
      throw new Refusal('precondition_failed', 'The preferences were changed since they were read')
    }
    await writePreferences(tx, userId, preferences)
    return { preferences, revision: revision + 1 }
  })
}

function personOf({ userId, ingestVenue }: Caller): string {
  if (ingestVenue === null) return userId
  throw new Refusal('forbidden', 'A write key may send events and nothing else')
}
