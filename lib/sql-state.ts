import { DeadlinePassed } from './deadline.ts'
import { StoreUnavailable } from './errors.ts'

/** True for errors that blame the data (SQLSTATE 22 and 54001): repeating them cannot help. */
export function isDataError(error: unknown): boolean {
  const code = sqlState(error)
  return code.startsWith('22') || code === '54001'
}

function sqlState(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

/** True where nobody knows what became of the connection, and so of what was sent. */
export function isLost(error: unknown): boolean {
  if (error instanceof DeadlinePassed) return true
  const code = sqlState(error)
  return (
    code.startsWith('CONNECTION_') ||
    code.startsWith('CONNECT_') ||
    code.startsWith('57P') ||
    code.startsWith('08') ||
    code.startsWith('25P0') ||
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(code)
  )
}

/** True where the server gave up a statement or a transaction that took too long. */
export const isCancelled = (error: unknown): boolean => ['57014', '25P04'].includes(sqlState(error))

function isPassing(error: unknown): boolean {
  const code = sqlState(error)
  return isLost(error) || isCancelled(error) || ['40', '53', '55'].includes(code.slice(0, 2))
}

/** The error by the name of its store, where the same call may succeed later. */
export function named(error: unknown): unknown {
  return isPassing(error) ? new StoreUnavailable('postgres', error) : error
}
