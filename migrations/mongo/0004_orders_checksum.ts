import type { Db } from 'mongodb'
import { mongoValidator } from '../../lib/events/registry.ts'

/** The raw archive takes the types that have come since. */
export async function up(db: Db): Promise<void> {
  await db.command({ collMod: 'raw_events', validator: mongoValidator() })
}
