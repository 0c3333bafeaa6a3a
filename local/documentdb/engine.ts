import { BSON } from 'mongodb'
import postgres from 'postgres'
import { CommandError } from './wire.ts'

export type Engine = ReturnType<typeof connectEngine>
export type Session = postgres.ReservedSql
type Values = (string | null)[]

// SQLSTATEs of the engine and of PostgreSQL, as the codes of the protocol.
const codes: Record<string, [code: number, name: string]> = {
  M0001: [2, 'BadValue'],
  M0003: [9, 'FailedToParse'],
  M0004: [14, 'TypeMismatch'],
  M0006: [20, 'IllegalOperation'],
  M0008: [26, 'NamespaceNotFound'],
  M0009: [27, 'IndexNotFound'],
  M000A: [28, 'PathNotViable'],
  M000D: [40, 'ConflictingUpdateOperators'],
  M000E: [43, 'CursorNotFound'],
  M000F: [48, 'NamespaceExists'],
  M000M: [66, 'ImmutableField'],
  M000N: [67, 'CannotCreateIndex'],
  M000P: [72, 'InvalidOptions'],
  M000Q: [73, 'InvalidNamespace'],
  M000R: [85, 'IndexOptionsConflict'],
  M000S: [86, 'IndexKeySpecsConflict'],
  M000U: [115, 'CommandNotSupported'],
  M001C: [11000, 'DuplicateKey'],
  M007U: [40324, 'UnrecognizedCommand'],
  M00CO: [121, 'DocumentValidationFailure'],
  M00EW: [24, 'LockTimeout'],
  M00EX: [50, 'MaxTimeMSExpired'],
  M00F1: [112, 'WriteConflict'],
  '23505': [11000, 'DuplicateKey'],
  '23P01': [11000, 'DuplicateKey'],
  '40001': [112, 'WriteConflict'],
  '40P01': [112, 'WriteConflict'],
  '55P03': [112, 'WriteConflict'],
  '57014': [50, 'MaxTimeMSExpired'],
}
const writeConflict = 112
const passing = ['40001', '40P01', '55P03', 'M00F1']

/** Connections to the engine. */
export const connectEngine = (url: string) =>
  postgres(url, {
    max: 12,
    onnotice: () => {},
    connection: { search_path: 'documentdb_api_catalog,documentdb_api,public' },
  })

/** Runs a statement, inside the session of a transaction when there is one. */
export const query = (sql: Engine | Session, text: string, values: Values) =>
  sql.unsafe<Record<string, string>[]>(text, values, { prepare: true })

/** The first column of the first row. */
export async function queryDocument(sql: Engine | Session, text: string, values: Values) {
  const [row] = await query(sql, text, values)
  const [value] = Object.values(row ?? {})
  if (value === undefined) throw new Error('the engine gave no row')
  return fromHex(value)
}

/** Tries again what lost against a concurrent write; in a transaction that is the client's part. */
export async function retryConflicts<T>(isInTransaction: boolean, work: () => Promise<T>) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const isPassing = passing.includes((error as { code?: string }).code ?? '')
      if (isInTransaction || !isPassing || attempt > 8) throw error
      await new Promise((resolve) => setTimeout(resolve, 5 << attempt))
    }
  }
}

/** An error of the engine as one of the protocol. */
export function toCommandError(error: unknown, isInTransaction: boolean) {
  const { code = '', message } = error as { code?: string; message: string }
  const known = codes[code]
  if (!known) return error
  const isTransient = isInTransaction && known[0] === writeConflict
  return new CommandError(
    known[0],
    known[1],
    message,
    isTransient ? ['TransientTransactionError'] : [],
  )
}

/** BSON in the engine's text form. */
export const toHex = (bytes: Uint8Array) => `BSONHEX${Buffer.from(bytes).toString('hex')}`

/** A sequence of documents in the engine's text form. */
export const toSequenceHex = (documents: Buffer[] | undefined) =>
  documents ? `SEQHEX${Buffer.concat(documents).toString('hex')}` : null

/** BSON out of the engine's text form. */
export const fromHex = (text: string) => Buffer.from(text.slice('BSONHEX'.length), 'hex')

/** Gives the codes inside a write's errors the numbers that drivers know. */
export function readWriteResult(bytes: Buffer) {
  if (bytes.indexOf('writeErrors') < 0) return bytes
  const result = BSON.deserialize(bytes, { promoteValues: false, bsonRegExp: true })
  for (const each of result.writeErrors ?? []) {
    each.code = new BSON.Int32(unpackCode(Number(each.code))[0])
  }
  return result
}

/** Index commands answer per shard; drivers want it flat. */
export function readShardResult(bytes: Buffer) {
  const result = BSON.deserialize(bytes)
  const shard = result.raw ? Object.values<Record<string, unknown>>(result.raw)[0] : result
  if (shard?.code) {
    const [code, name] = unpackCode(Number(shard.code))
    throw new CommandError(code, name, String(shard.errmsg))
  }
  return { ...shard, ok: Number(shard?.ok ?? result.ok) }
}

// The engine packs a SQLSTATE into an integer, six bits a character.
function unpackCode(packed: number): [number, string] {
  if (packed < 1_000_000) return [packed, '']
  const state = Array.from({ length: 5 }, (_, i) =>
    String.fromCharCode(((packed >> (6 * i)) & 63) + 48),
  ).join('')
  return codes[state] ?? [1, state]
}
