import { type Collection, type Document, MongoClient } from 'mongodb'
import { catchUpArchive } from '../../lib/archive/catch-up.ts'
import { withTenantJob } from '../../lib/clients/postgres.ts'

/** Works on the raw copies of all venues, past the service. */
async function withRawEvents<T>(work: (raw: Collection<Document>) => Promise<T>) {
  const client = await new MongoClient(process.env.MONGODB_URI ?? '').connect()
  try {
    return await work(client.db().collection('raw_events'))
  } finally {
    await client.close()
  }
}

/** Makes all that the venue received as old as if it had come at that moment. */
export async function backdate(venueId: string, at: string): Promise<void> {
  await catchUpArchive(venueId) // a slow Mongo may have left copies in the outbox
  await withTenantJob(venueId, async (tx) => {
    await tx`
      update quarantine set received_at = ${at}::text::timestamptz where venue_id = ${venueId}`
    await tx`
      update intake set quarter = date_bin('15 minutes', ${at}::text::timestamptz, 'epoch')
       where venue_id = ${venueId}`
  })
  await withRawEvents((raw) =>
    raw.updateMany({ venue_id: venueId }, { $set: { received_at: new Date(at) } }),
  )
}

/** How many rows of each class the venue has. */
export async function keptRows(venueId: string) {
  const [row] = await withTenantJob(
    venueId,
    (tx) => tx<{ quarantine: number; intake: number }[]>`
      select (select count(*)::int from quarantine where venue_id = ${venueId}) as quarantine,
             (select count(*)::int from intake where venue_id = ${venueId}) as intake`,
  )
  const rawEvents = await withRawEvents((raw) => raw.countDocuments({ venue_id: venueId }))
  return { quarantine: row?.quarantine ?? 0, intake: row?.intake ?? 0, rawEvents }
}
