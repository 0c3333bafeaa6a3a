import { fork } from 'node:child_process'
import { once } from 'node:events'
import postgres from 'postgres'
import { signalProcess } from '../../local/processes/alive.ts'

export type OwnPostgres = Awaited<ReturnType<typeof ownPostgres>>

type Told = {
  port: number
  password: string
  admin: string
  owner: string
  app: string
  job: string
  runAs: { uid?: number; gid?: number }
  /** Where the server's user may read and write. */
  folder: string
}

/** A Postgres server of the test's own, to be killed and frozen; killed, it is started again. */
export async function ownPostgres({ maxConnections = 60 } = {}) {
  const child = fork('test/outages/own-postgres-process.ts', [], {
    execPath: process.execPath,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let pid = 0
  const frozen = new Set<number>()
  child.on('message', (message: { pid?: number }) => {
    if (message.pid) pid = message.pid
  })
  child.send({ maxConnections })
  const told = await new Promise<Told>((resolve, reject) => {
    child.on('message', (message: Partial<Told> & { error?: string }) => {
      if (message.error) reject(new Error(message.error))
      if (message.admin) resolve(message as Told)
    })
    child.once('exit', () => reject(new Error('the owner of the Postgres server ended')))
  })

  /** Process ids of sessions of the service, or of every process below the postmaster. */
  const sessions = (of: 'service' | 'all') =>
    whenBack(
      (sql) => sql<{ pid: number }[]>`
        select pid
          from pg_stat_activity
         where ${of === 'all'} or usename = 'turnout_app'`,
    ).then((rows) => rows.map((row) => row.pid))

  /** Runs statements as the superuser, once the server answers. */
  async function whenBack<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const until = Date.now() + 30_000
    for (;;) {
      const sql = postgres(told.admin, {
        max: 1,
        // The driver's own question for types, cut off by a kill, is a rejection that nobody can catch.
        fetch_types: false,
        onnotice: () => {},
        connect_timeout: 2,
      })
      try {
        return await work(sql)
      } catch (error) {
        if (Date.now() > until) throw error
        await new Promise((resolve) => setTimeout(resolve, 20))
      } finally {
        await sql.end({ timeout: 0 })
      }
    }
  }

  return {
    ...told,
    whenBack,
    /** Ends every session of the service in order, as an administrator does (57P01). */
    terminateSessions: () =>
      whenBack(
        (sql) => sql`
          select pg_terminate_backend(pid) from pg_stat_activity where usename = 'turnout_app'`,
      ),
    /** kill -9 of one session: the server ends all others and recovers. */
    async killSession() {
      const [one] = await sessions('service')
      if (one) signalProcess(one, 'SIGKILL')
    },
    /** kill -9 of the postmaster. */
    killServer: () => signalProcess(pid, 'SIGKILL'),
    /** Stops every process of the server where it stands. */
    async freeze() {
      for (const each of [...(await sessions('all')), pid]) {
        frozen.add(each)
        signalProcess(each, 'SIGSTOP')
      }
    },
    thaw() {
      for (const each of frozen) signalProcess(each, 'SIGCONT')
      frozen.clear()
    },
    /** kill -9 of all that is frozen: another server takes its place. */
    replace() {
      for (const each of frozen) signalProcess(each, 'SIGKILL')
      frozen.clear()
    },
    async stop() {
      for (const each of frozen) signalProcess(each, 'SIGCONT')
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
