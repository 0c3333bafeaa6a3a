import postgres from 'postgres'
import { config } from '../config.ts'
import { DeadlinePassed, within } from '../deadline.ts'
import { isLost, named } from '../sql-state.ts'
import { turns } from '../turns.ts'
import { surviveLostConnections } from './lost-connections.ts'

export type Tx = postgres.TransactionSql
/** A piece of a statement, to be put into another. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>
type Role = 'writer' | 'reader' | 'job'

const jobDeadlineMs = 55_000
/** A transaction that has not begun by then met a connection that was forgotten on the way. */
const beginMs = 4000
const pools = new Map<Role, postgres.Sql>()
const places = new Map<Role, ReturnType<typeof turns>>()
const observers = new Set<Observer>()

/** Told of each statement as it is sent. Parameters hold what events hold: never to be logged. */
type Observer = (statement: string, parameters: readonly unknown[]) => void

/**
 * The one way to a venue's rows: a transaction that row security ties to `venueId`.
 * Throws StoreUnavailable when Postgres is away or does not answer within the deadline.
 */
export function withTenant<T>(venueId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return inTransaction('writer', venueId, work)
}

/** As withTenant, read only and all of one moment, on the reader's address when there is one. */
export function readTenant<T>(venueId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return inTransaction('reader', venueId, work)
}

/** As withTenant, for a job: its role and its deadline allow for a look at all of a venue. */
export function withTenantJob<T>(venueId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return inTransaction('job', venueId, work)
}

/**
 * As readTenant, for a file that is written while it is read: on a connection of its own and without
 * a limit of time. When `work` fails or `signal` ends it, the connection is closed, whatever it waits
 * for. Throws StoreUnavailable, what `work` throws, or the reason of the signal.
 */
export async function streamTenant<T>(
  venueId: string,
  signal: AbortSignal,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const { DATABASE_JOB_URL, DATABASE_URL } = config('postgres')
  const own = connect(DATABASE_JOB_URL ?? DATABASE_URL, 1)
  const { promise: ended, reject: end } = Promise.withResolvers<never>()
  const stop = () => end(signal.reason)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const transaction = own.begin(modes.reader, async (tx) => {
    await tx`
      select set_config('app.venue_id', ${venueId}, true), count(set_config(s.name, '0', true))
        from pg_settings s
       where s.name in ('statement_timeout', 'transaction_timeout',
                        'idle_in_transaction_session_timeout')`
    // A connection that is silent would be waited for again, to roll back.
    return work(tx).catch((error: unknown) => {
      end(error)
      throw error
    })
  })
  transaction.catch(() => {}) // raced: what it says of a connection that we closed is nobody's
  try {
    return (await Promise.race([transaction, ended])) as T
  } catch (error) {
    throw named(error)
  } finally {
    signal.removeEventListener('abort', stop)
    own.end({ timeout: 0 }).catch(() => {})
  }
}

/** A transaction of a job that belongs to no venue: it sees what its role may see, no venue's rows. */
export function withJob<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  return inTransaction('job', null, work)
}

/** A transaction of the application outside any venue: readiness, and what nobody could attribute. */
export function withoutTenant<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  return inTransaction('writer', null, work)
}

/** As withoutTenant, on the reader's address: what the server says of itself. */
export function withoutTenantReader<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  return inTransaction('reader', null, work)
}

/** Calls `observe` with every statement sent; returns the way to stop. For tests and measurements. */
export function observeStatements(observe: Observer): () => void {
  observers.add(observe)
  for (const pool of pools.values()) pool.options.debug = observed()
  return () => {
    observers.delete(observe)
    for (const pool of pools.values()) pool.options.debug = observed()
  }
}

// Not while nobody looks: with it the driver takes a stack trace for every piece of a statement,
// measured 2 of the 6 ms of a batch of ten events.
const observed = () => observers.size > 0 && tellObservers

function tellObservers(_connection: number, statement: string, parameters: unknown[]): void {
  for (const observe of observers) observe(statement, parameters)
}

/** Closes every pool; the next call opens new ones. */
export async function closePostgres(): Promise<void> {
  const open = [...pools.values()]
  pools.clear()
  places.clear()
  await Promise.all(open.map((pool) => pool.end({ timeout: 1 })))
}

async function inTransaction<T>(
  role: Role,
  venueId: string | null,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const deadlineMs = role === 'job' ? jobDeadlineMs : config('postgres').DATABASE_DEADLINE_MS
  const endsAt = performance.now() + deadlineMs
  const late = AbortSignal.timeout(deadlineMs)
  try {
    // Who waits for a place in the pool has met no connection yet, and none is lost for that.
    return await placesOf(role)(() => inPlace(role, venueId, endsAt, work), late)
  } catch (error) {
    throw named(error === late.reason ? new DeadlinePassed(deadlineMs) : error)
  }
}

async function inPlace<T>(
  role: Role,
  venueId: string | null,
  endsAt: number,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  let started = false
  const run = (tx: Tx) => {
    started = true
    return work(tx)
  }
  const leftMs = () => endsAt - performance.now()
  try {
    return await attempt(role, venueId, leftMs(), Math.min(beginMs, leftMs() / 2), run)
  } catch (error) {
    // The first call after a freeze finds its connections closed by the server. What has not
    // started, or only reads, may be repeated; a write may have been committed and may not.
    const isRepeatable = isLost(error) && (!started || role === 'reader') && leftMs() > 0
    if (!isRepeatable) throw error
    return attempt(role, venueId, leftMs(), leftMs(), work)
  }
}

async function attempt<T>(
  role: Role,
  venueId: string | null,
  deadlineMs: number,
  beginsWithinMs: number,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const pool = poolOf(role)
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const endsAt = performance.now() + deadlineMs
  const transaction = pool.begin(modes[role], async (tx) => {
    await tx`select set_config('app.venue_id', ${venueId ?? ''}, true)`
    begin()
    return work(tx)
  })
  try {
    await within(beginsWithinMs, Promise.race([begun, transaction]))
    return (await within(endsAt - performance.now(), transaction)) as T
  } catch (error) {
    // postgres.js leaks the slot of a connection that dies inside `begin` and then hangs: only a
    // new pool is sure to answer (porsager/postgres #1066, #1154).
    if (isLost(error)) discard(role, pool)
    throw error
  }
}

const modes = {
  writer: 'read write',
  job: 'read write',
  reader: 'isolation level repeatable read read only',
}

function placesOf(role: Role): ReturnType<typeof turns> {
  const known = places.get(role)
  if (known) return known
  const made = turns(config('postgres').DATABASE_POOL_SIZE)
  places.set(role, made)
  return made
}

function poolOf(role: Role): postgres.Sql {
  const known = pools.get(role)
  if (known) return known
  const settings = config('postgres')
  const addresses = {
    writer: settings.DATABASE_URL,
    reader: settings.DATABASE_READER_URL ?? settings.DATABASE_URL,
    job: settings.DATABASE_JOB_URL ?? settings.DATABASE_URL,
  }
  const pool = connect(addresses[role], settings.DATABASE_POOL_SIZE)
  pools.set(role, pool)
  return pool
}

function connect(address: string, max: number): postgres.Sql {
  surviveLostConnections()
  return postgres(address, {
    max,
    prepare: false, // a transaction-mode pooler has no session to keep a prepared statement in
    fetch_types: false,
    connect_timeout: 5,
    idle_timeout: 60,
    onnotice: () => {},
    // columns only: keys inside json are data (ids, dimensions) and stay as they are
    transform: { column: { from: postgres.toCamel }, undefined: null },
    types: {
      // A `date` is a day, not the instant of its UTC midnight.
      date: { to: 1082, from: [1082], serialize: String, parse: String },
    },
    debug: observed(),
  })
}

function discard(role: Role, pool: postgres.Sql): void {
  if (pools.get(role) === pool) pools.delete(role)
  // At once: a lost connection that is left open throws from where nobody can catch it.
  pool.end({ timeout: 0 }).catch(() => {})
}
