import { BSON, type Document } from 'mongodb'
import type { Cursors } from './cursors.ts'
import {
  type Engine,
  query,
  queryDocument,
  readShardResult,
  readWriteResult,
  retryConflicts,
  type Session,
  toHex,
  toSequenceHex,
} from './engine.ts'
import { CommandError, type Connection, type Sequences } from './wire.ts'

export type Call = {
  sql: Engine
  /** Set inside a transaction. */
  transaction: Session | undefined
  cursors: Cursors
  connection: Connection
  database: string
  command: Document
  /** The command as it came; the engine ignores the fields of sessions. */
  body: Buffer
  sequences: Sequences
}
type Command = (call: Call) => Promise<Document | Buffer> | Document

const bson = 'documentdb_core.bson'
const ok = { ok: 1 }
const version = '7.0.0'
const startedAt = Date.now()
const sessionFields = [
  'lsid',
  '$clusterTime',
  '$db',
  '$readPreference',
  'txnNumber',
  'startTransaction',
  'autocommit',
  'apiVersion',
  'writeConcern',
  'readConcern',
]

/** What the gateway answers, by the command's name in lower case. */
export const commands: Record<string, Command> = {
  hello: greet,
  ismaster: greet,
  ping: () => ok,
  endsessions: () => ok,
  killsessions: () => ok,
  logout: () => ok,
  buildinfo: () => ({
    version,
    gitVersion: 'documentdb',
    versionArray: [7, 0, 0, 0],
    bits: 64,
    maxBsonObjectSize: 16_777_216,
    ok: 1,
  }),
  whatsmyuri: () => ({ you: '127.0.0.1', ok: 1 }),
  getparameter: () => ({ featureCompatibilityVersion: { version: '7.0' }, ok: 1 }),
  serverstatus: () => ({
    host: 'documentdb',
    version,
    uptime: (Date.now() - startedAt) / 1000,
    localTime: new Date(),
    ok: 1,
  }),
  connectionstatus: () => ({
    authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] },
    ok: 1,
  }),

  insert: write('insert', 'documents'),
  update: write('update', 'updates'),
  delete: write('delete', 'deletes'),
  findandmodify: ({ sql, transaction, database, body }) =>
    retryConflicts(Boolean(transaction), () =>
      queryDocument(
        transaction ?? sql,
        `select p_result from documentdb_api.find_and_modify($1, $2::${bson})`,
        [database, toHex(body)],
      ),
    ),

  find: openCursor('find_cursor_first_page'),
  aggregate: openCursor('aggregate_cursor_first_page'),
  listcollections: openCursor('list_collections_cursor_first_page'),
  listindexes: openCursor('list_indexes_cursor_first_page'),
  getmore: ({ cursors, command, body }) =>
    cursors.next(BigInt(command.getMore.toString()), toHex(body)),
  killcursors: async ({ cursors, command }) => {
    for (const id of command.cursors) await cursors.close(BigInt(id.toString()))
    const cursorsKilled = command.cursors
    return { cursorsKilled, cursorsNotFound: [], cursorsAlive: [], cursorsUnknown: [], ok: 1 }
  },

  count: read(`select document from documentdb_api.count_query($1, $2::${bson})`),
  distinct: read(`select document from documentdb_api.distinct_query($1, $2::${bson})`),
  validate: read(`select document from documentdb_api.validate($1, $2::${bson})`),
  explain: explain,

  create: ({ sql, database, body }) =>
    queryDocument(sql, `select documentdb_api.create_collection_view($1, $2::${bson})`, [
      database,
      withoutSession(body),
    ]),
  collmod: ({ sql, database, command, body }) =>
    queryDocument(sql, `select documentdb_api.coll_mod($1, $2, $3::${bson})`, [
      database,
      command.collMod,
      toHex(body),
    ]),
  drop: dropCollection,
  dropdatabase: async ({ sql, database }) => {
    await query(sql, 'select documentdb_api.drop_database($1)', [database])
    return { dropped: database, ok: 1 }
  },
  renamecollection: ({ sql, body }) =>
    queryDocument(sql, `select documentdb_api.rename_collection($1::${bson})`, [toHex(body)]),
  // Built at once under a lock: the other way waits 2 s for a background job to notice.
  createindexes: async ({ sql, database, body }) =>
    readShardResult(
      await queryDocument(
        sql,
        `select documentdb_api_internal.create_indexes_non_concurrently($1, $2::${bson}, true)`,
        [database, withoutSession(body)],
      ),
    ),
  dropindexes: async ({ sql, database, body }) =>
    readShardResult(
      await queryDocument(sql, `call documentdb_api.drop_indexes($1, $2::${bson})`, [
        database,
        toHex(body),
      ]),
    ),
  collstats: ({ sql, database, command }) =>
    queryDocument(sql, 'select documentdb_api.coll_stats($1, $2, 1)', [
      database,
      command.collStats,
    ]),
  dbstats: ({ sql, database }) =>
    queryDocument(sql, 'select documentdb_api.db_stats($1, 1, false)', [database]),
  listdatabases: ({ sql, body }) =>
    queryDocument(sql, `select documentdb_api.list_databases($1::${bson})`, [toHex(body)]),
}

// As a mongos greets: the driver then allows transactions.
function greet({ connection }: Call) {
  return {
    helloOk: true,
    isWritablePrimary: true,
    ismaster: true,
    msg: 'isdbgrid',
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: connection.id,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ok: 1,
  }
}

function write(name: 'insert' | 'update' | 'delete', sequence: string): Command {
  const text = `select p_result
                  from documentdb_api.${name}($1, $2::${bson}, $3::documentdb_core.bsonsequence)`
  return async ({ sql, transaction, database, body, sequences }) => {
    const values = [database, toHex(body), toSequenceHex(sequences[sequence])]
    const result = await retryConflicts(Boolean(transaction), () =>
      queryDocument(transaction ?? sql, text, values),
    )
    return readWriteResult(result)
  }
}

function openCursor(name: string): Command {
  return ({ cursors, database, body, transaction }) =>
    cursors.first(name, database, toHex(body), transaction)
}

function read(text: string): Command {
  return ({ sql, transaction, database, body }) =>
    queryDocument(transaction ?? sql, text, [database, toHex(body)])
}

async function dropCollection({ sql, database, command }: Call) {
  const [row] = await query(sql, 'select documentdb_api.drop_collection($1, $2)::text as done', [
    database,
    command.drop,
  ])
  if (row?.done !== 'true') throw new CommandError(26, 'NamespaceNotFound', 'ns not found')
  return { nIndexesWas: 1, ns: `${database}.${command.drop}`, ok: 1 }
}

async function explain({ sql, transaction, database, command, body }: Call) {
  const [name = ''] = Object.keys(command.explain)
  const kind = name === 'aggregate' ? 'pipeline' : name
  if (!['find', 'pipeline', 'count', 'distinct'].includes(kind)) {
    throw new CommandError(115, 'CommandNotSupported', `cannot explain '${name}'`)
  }
  const inner = BSON.serialize(faithful(body).explain)
  const [row] = await query(
    transaction ?? sql,
    `explain (format json)
     select document from documentdb_api_catalog.bson_aggregation_${kind}($1, $2::${bson})`,
    [database, toHex(inner)],
  )
  return { queryPlanner: Object.values(row ?? {})[0], ok: 1 }
}

// These two functions of the engine refuse fields that they do not know.
function withoutSession(body: Buffer) {
  const rest = Object.entries(faithful(body)).filter(([name]) => !sessionFields.includes(name))
  return toHex(BSON.serialize(Object.fromEntries(rest)))
}

const faithful = (body: Buffer) =>
  BSON.deserialize(body, { promoteValues: false, bsonRegExp: true })
