import type { Db } from 'mongodb'

// 85 months of 31 days: longer than any policy of a venue. Before it ends the job has deleted.
const longestSeconds = 85 * 31 * 24 * 3600

/** Raw copies are found by receipt in their venue; how long they are kept is for its policy to say. */
export async function up(db: Db): Promise<void> {
  const raw = db.collection('raw_events')
  await raw.createIndex({ venue_id: 1, received_at: 1 }, { name: 'by_receipt' })
  await db.command({
    collMod: 'raw_events',
    index: { name: 'expiry', expireAfterSeconds: longestSeconds },
  })
}
