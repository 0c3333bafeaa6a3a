import { type Engine, fromHex, query, type Session } from './engine.ts'
import { CommandError } from './wire.ts'

type Cursor = { continuation: string; database: string; session?: Session; owned: boolean }

export type Cursors = ReturnType<typeof createCursors>

/** The open cursors. A persistent one lives on its connection, which is kept for it. */
export function createCursors(sql: Engine) {
  const open = new Map<bigint, Cursor>()

  async function close(id: bigint) {
    const cursor = open.get(id)
    open.delete(id)
    if (!cursor?.owned || !cursor.session) return
    await cursor.session.unsafe('close all').catch(() => {})
    cursor.session.release()
  }

  return {
    /** Runs a function that opens a cursor and returns the first page. */
    first: async (name: string, database: string, command: string, transaction?: Session) => {
      const session = transaction ?? (await sql.reserve())
      let isKept = transaction !== undefined
      try {
        const [row] = await query(
          session,
          `select cursorpage, continuation, persistconnection, cursorid
             from documentdb_api.${name}($1, $2::documentdb_core.bson)`,
          [database, command],
        )
        const id = BigInt(row?.cursorid ?? 0)
        if (row?.continuation && id !== 0n) {
          const owned = !transaction && Boolean(row.persistconnection)
          const cursor = { continuation: row.continuation, database, owned }
          open.set(id, owned || transaction ? { ...cursor, session } : cursor)
          isKept ||= owned
        }
        return fromHex(row?.cursorpage ?? '')
      } finally {
        if (!isKept) session.release()
      }
    },

    /** The next page. */
    next: async (id: bigint, command: string) => {
      const cursor = open.get(id)
      if (!cursor) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`)
      const [row] = await query(
        cursor.session ?? sql,
        `select cursorpage, continuation
           from documentdb_api.cursor_get_more(
                  $1, $2::documentdb_core.bson, $3::documentdb_core.bson)`,
        [cursor.database, command, cursor.continuation],
      )
      if (row?.continuation) cursor.continuation = row.continuation
      else await close(id)
      return fromHex(row?.cursorpage ?? '')
    },

    close,
  }
}
