import { type Collection, type Db, type Document, MongoBulkWriteError, MongoClient } from 'mongodb'
import { config } from '../config.ts'

let connecting: Promise<MongoClient> | undefined

/** The database of the environment. A failed connection is forgotten, the next call tries again. */
async function database(): Promise<Db> {
  const { MONGODB_URI, MONGODB_DB } = config('mongo')
  connecting ??= new MongoClient(MONGODB_URI, {
    maxPoolSize: 4,
    serverSelectionTimeoutMS: 2000,
    connectTimeoutMS: 2000,
    waitQueueTimeoutMS: 2000,
    // A connection whose other end has gone without a word is given up, and its place is free again.
    socketTimeoutMS: 5000,
    appName: 'turnout',
  }).connect()
  try {
    return (await connecting).db(MONGODB_DB)
  } catch (error) {
    connecting = undefined
    throw error
  }
}

type WithoutId<T> = Omit<T, 'venue_id'>

/** A collection seen through one venue: every document written or read carries its `venue_id`. */
export type TenantCollection<T extends Document> = {
  insertMissing(documents: (WithoutId<T> & { _id: string })[]): Promise<void>
  /** Puts documents in the place of those of their ids, where those are older by `as_of`. */
  replaceOlder(documents: (WithoutId<T> & { _id: string; as_of: Date })[]): Promise<void>
  find(filter: Document, options?: { limit?: number; sort?: Document }): Promise<T[]>
  count(filter: Document, options?: { limit?: number }): Promise<number>
  /** Deletes up to `limit` documents; tells how many, and whether none is left. */
  deleteSome(filter: Document, limit: number): Promise<{ deleted: number; isLast: boolean }>
  /** Which of the ids it has a document of. */
  idsAmong(ids: string[]): Promise<Set<string>>
  delete(ids: string[]): Promise<void>
}

const forbidden = new Set(['$where', '$function', '$accumulator', '$expr'])

/** The only way to a collection: it cannot be called without a venue. */
export async function tenantCollection<T extends Document & { venue_id: string }>(
  venueId: string,
  name: string,
): Promise<TenantCollection<T>> {
  const collection: Collection<Document> = (await database()).collection(name)
  const own = (filter: Document) => {
    refuseCode(filter)
    return { $and: [{ venue_id: venueId }, filter] }
  }
  return {
    async insertMissing(documents) {
      if (documents.length === 0) return
      const upserts = documents.map(({ _id, ...rest }) => ({
        updateOne: {
          filter: { _id, venue_id: venueId } as Document,
          update: { $setOnInsert: { ...rest } },
          upsert: true,
        },
      }))
      await collection.bulkWrite(upserts, { ordered: false }).catch(unlessOnlyDuplicates)
    },
    async replaceOlder(documents) {
      if (documents.length === 0) return
      const upserts = documents.map(({ _id, as_of, ...rest }) => ({
        updateOne: {
          // A newer one does not match and cannot be inserted again: that duplicate is no fault.
          filter: { _id, venue_id: venueId, as_of: { $lte: as_of } } as Document,
          update: { $set: { ...rest, as_of } },
          upsert: true,
        },
      }))
      await collection.bulkWrite(upserts, { ordered: false }).catch(unlessOnlyDuplicates)
    },
    async find(filter, { limit = 100, sort } = {}) {
      const cursor = collection.find(own(filter)).limit(limit)
      return (await (sort ? cursor.sort(sort) : cursor).toArray()) as unknown as T[]
    },
    count: (filter, options) => collection.countDocuments(own(filter), options),
    async deleteSome(filter, limit) {
      // Mongo deletes all or one. The ids are asked for without an order: DocumentDB would sort
      // everything that is found, for each thousand of it.
      const found = await collection.find(own(filter)).project({ _id: 1 }).limit(limit).toArray()
      const _id = { $in: found.map((document) => document._id) }
      const { deletedCount } = await collection.deleteMany({ _id, venue_id: venueId })
      return { deleted: deletedCount, isLast: found.length < limit }
    },
    async idsAmong(ids) {
      const filter = { _id: { $in: ids }, venue_id: venueId } as Document
      const found = await collection.find(filter, { projection: { _id: 1 } }).toArray()
      return new Set(found.map(({ _id }) => String(_id)))
    },
    async delete(ids) {
      await collection.deleteMany({ _id: { $in: ids }, venue_id: venueId } as Document)
    },
  }
}

/** Answers when Mongo does. */
export async function pingMongo(): Promise<void> {
  await (await database()).command({ ping: 1 })
}

/** Closes the connection; the next call opens a new one. */
export async function closeMongo(): Promise<void> {
  const open = connecting
  connecting = undefined
  await (await open?.catch(() => undefined))?.close()
}

// Two upserts of one document may race; the one that loses finds it there, which is what it wants.
function unlessOnlyDuplicates(error: unknown): void {
  if (!(error instanceof MongoBulkWriteError)) throw error
  const isDuplicate = ({ code }: { code?: unknown }) => code === 11000
  const failures = [error.writeErrors].flat()
  // A connection that broke comes as the same error, with no write to blame for it.
  const isOnlyDuplicates = failures.length > 0 && failures.every(isDuplicate)
  if (!isOnlyDuplicates || error.result.getWriteConcernError()) throw error
}

function refuseCode(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (forbidden.has(key)) throw new Error(`${key} is not allowed in a filter`)
    refuseCode(inner)
  }
}
