import type { Db } from 'mongodb'
import { mongoValidator } from '../../lib/events/registry.ts'

const rawRetentionSeconds = 25 * 30 * 24 * 3600 // 25 months from receipt

/** The raw archive: what the platform sent, without people, checked by the server. */
export async function up(db: Db): Promise<void> {
  const validator = mongoValidator()
  const exists = await db.listCollections({ name: 'raw_events' }).hasNext()
  if (exists) await db.command({ collMod: 'raw_events', validator })
  else await db.createCollection('raw_events', { validator })
  const raw = db.collection('raw_events')
  await raw.createIndex({ venue_id: 1, event_id: 1 }, { name: 'by_event' })
  await raw.createIndex({ venue_id: 1, timestamp: -1 }, { name: 'by_time' })
  await raw.createIndex(
    { received_at: 1 },
    { name: 'expiry', expireAfterSeconds: rawRetentionSeconds },
  )
}
