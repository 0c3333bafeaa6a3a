import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import postgres from 'postgres'

/** A database of its own on the tests' server, with an address for each role. */
export type Database = { name: string; admin: string; owner: string; app: string; job: string }

const made: string[] = []

/** An empty database, as a deployment finds it before its first migration. */
export const emptyDatabase = (): Promise<Database> => create('', 'owner turnout_owner')

/** A migrated database that nobody else is in. */
export async function migratedDatabase(): Promise<Database> {
  const database = await emptyDatabase()
  await migratePostgres(database.owner)
  return database
}

/**
 * Runs the migrations of a folder in a process of its own (they are modules, tests are not) and
 * returns the names of the steps taken; throws with what the process said.
 */
export async function migratePostgres(ownerUrl: string, folder = '.'): Promise<string[]> {
  const migrations = pathToFileURL(path.resolve('migrations/migrate.ts')).href
  const program = `
    const { migratePostgres } = await import('${migrations}')
    console.log(JSON.stringify(await migratePostgres(process.env.OWNER_URL)))`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: folder, env: { ...process.env, OWNER_URL: ownerUrl } },
  )
  return JSON.parse(stdout)
}

/** A copy of a database to which nobody is connected. */
export const cloneOf = ({ name }: Database): Promise<Database> => create(`template ${name}`, '')

/** Runs statements on an address, each connection closed afterwards. */
export async function withSql<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, prepare: false, onnotice: () => {} })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Drops what this file's tests have made. */
export async function dropDatabases(): Promise<void> {
  await withSql(adminUrl(), async (sql) => {
    for (const name of made.splice(0)) await sql.unsafe(`drop database ${name} with (force)`)
  })
}

/** The SQLSTATE that a statement fails with, '' when it does not. */
export const failureOf = (statement: Promise<unknown>): Promise<string> =>
  statement.then(
    () => '',
    (error: { code?: string }) => error.code ?? String(error),
  )

async function create(from: string, owner: string): Promise<Database> {
  const name = `turnout_test_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  made.push(name)
  await withSql(adminUrl(), (sql) => sql.unsafe(`create database ${name} ${from} ${owner}`))
  const { DATABASE_OWNER_URL, DATABASE_URL, DATABASE_JOB_URL } = process.env
  const database = {
    name,
    admin: moved(adminUrl(), name),
    owner: moved(DATABASE_OWNER_URL, name),
    app: moved(DATABASE_URL, name),
    job: moved(DATABASE_JOB_URL, name),
  }
  // What migrations/roles.ts does to the database it is given; roles are the server's.
  await withSql(database.admin, async (sql) => {
    await sql`alter schema public owner to turnout_owner`
    await sql`revoke create on schema public from public`
    await sql`grant usage on schema public to turnout_app, turnout_job`
  })
  return database
}

function adminUrl(): string {
  const url = process.env.TURNOUT_PG_ADMIN_URL
  if (!url) throw new Error('TURNOUT_PG_ADMIN_URL: run the tests by `npm test`')
  return url
}

function moved(url: string | undefined, database: string): string {
  const changed = new URL(url ?? '')
  changed.pathname = `/${database}`
  return changed.href
}
