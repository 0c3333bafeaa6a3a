import type { Db } from 'mongodb'

const validator = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['venue_id', 'event_id', 'as_of', 'totals'],
    properties: {
      venue_id: { bsonType: 'string' },
      event_id: { bsonType: 'string' },
      as_of: { bsonType: 'date' },
      totals: { bsonType: 'array', items: { bsonType: 'object' } },
    },
  },
}

/** The sums of each show, copied from Postgres for those who read documents. */
export async function up(db: Db): Promise<void> {
  const exists = await db.listCollections({ name: 'event_analytics' }).hasNext()
  if (exists) await db.command({ collMod: 'event_analytics', validator })
  else await db.createCollection('event_analytics', { validator })
  await db
    .collection('event_analytics')
    .createIndex({ venue_id: 1, event_id: 1 }, { name: 'by_event', unique: true })
}
