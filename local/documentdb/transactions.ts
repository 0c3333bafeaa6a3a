import type { Document } from 'mongodb'
import type { Engine, Session } from './engine.ts'
import { CommandError } from './wire.ts'

const transient = ['TransientTransactionError']
// As long as the protocol says a transaction may last.
const lifetimeMs = 60_000

type Transaction = { session: Session; timer: NodeJS.Timeout }

/** The open transactions of all sessions, each on a connection of its own. */
export function createTransactions(sql: Engine) {
  const open = new Map<string, Transaction>()

  async function finish(key: string, statement: 'commit' | 'rollback') {
    const transaction = open.get(key)
    if (!transaction) return undefined
    open.delete(key)
    clearTimeout(transaction.timer)
    try {
      return await transaction.session.unsafe(statement)
    } finally {
      transaction.session.release()
    }
  }

  return {
    /** The connection of the transaction that a command belongs to, begun with its first one. */
    sessionOf: async (command: Document) => {
      if (command.autocommit !== false || !command.lsid) return undefined
      const key = keyOf(command)
      const known = open.get(key)
      if (known) return known.session
      if (!command.startTransaction) {
        throw new CommandError(251, 'NoSuchTransaction', 'no such transaction', transient)
      }
      const session = await sql.reserve()
      await session.unsafe('begin')
      const timer = setTimeout(() => finish(key, 'rollback').catch(() => {}), lifetimeMs)
      open.set(key, { session, timer })
      return session
    },

    commit: async (command: Document) => {
      const result = await finish(keyOf(command), 'commit')
      // PostgreSQL answers so when a statement of the transaction had failed.
      if (result?.command === 'ROLLBACK') {
        throw new CommandError(251, 'NoSuchTransaction', 'transaction was aborted', transient)
      }
    },

    abort: async (command: Document) => {
      const result = await finish(keyOf(command), 'rollback')
      if (!result) throw new CommandError(251, 'NoSuchTransaction', 'no such transaction')
    },
  }
}

function keyOf({ lsid, txnNumber }: Document) {
  const id = Buffer.isBuffer(lsid.id) ? lsid.id : Buffer.from(lsid.id.buffer)
  return `${id.toString('hex')}:${txnNumber}`
}
