/**
 * node documentdb/gateway.ts PORT: the MongoDB wire protocol in front of a PostgreSQL with the
 * DocumentDB extension, whose address comes as ENGINE_URL.
 */
import { BSON } from 'mongodb'
import { commands } from './commands.ts'
import { createCursors } from './cursors.ts'
import { connectEngine, toCommandError } from './engine.ts'
import { createTransactions } from './transactions.ts'
import { CommandError, type Message, serveWire } from './wire.ts'

const sql = connectEngine(process.env.ENGINE_URL ?? '')
const cursors = createCursors(sql)
const transactions = createTransactions(sql)

await serveWire(Number(process.argv[2]), handle)

async function handle({ body, sequences, connection }: Message) {
  const command = BSON.deserialize(body, {
    promoteBuffers: true,
    bsonRegExp: true,
    fieldsAsRaw: { documents: true },
  })
  const name = Object.keys(command)[0] ?? ''
  if (name === 'commitTransaction') {
    await transactions.commit(command)
    return { ok: 1 }
  }
  if (name === 'abortTransaction') {
    await transactions.abort(command)
    return { ok: 1 }
  }
  const run = commands[name.toLowerCase()]
  if (!run) throw new CommandError(59, 'CommandNotFound', `no such command: '${name}'`)
  const transaction = await transactions.sessionOf(command)
  const database = command.$db ?? 'admin'
  try {
    return await run({ sql, transaction, cursors, connection, database, command, body, sequences })
  } catch (error) {
    throw toCommandError(error, transaction !== undefined)
  }
}
