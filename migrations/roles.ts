import postgres from 'postgres'

export type RolePasswords = { owner: string; app: string; job: string }
export type RoleUrls = RolePasswords

type Sql = postgres.TransactionSql

// The job's limits are wider: it rolls up and exports, nobody waits for its answer. A client that
// vanished between two parts of a statement is neither idle nor at work for the server: only the
// limit of the whole transaction frees the venue's lock that it holds.
const limits = {
  turnout_app: { statement: '15s', idleInTransaction: '10s', lock: '10s', transaction: '10s' },
  turnout_job: { statement: '60s', idleInTransaction: '30s', lock: '30s', transaction: '60s' },
}
const firstWithTransactionLimit = 170_000

/**
 * Creates or alters the roles of the service in the database of `adminUrl` and returns an address
 * for each: the owner of the schema, and two roles below row security that own nothing.
 */
export async function ensureRoles(adminUrl: string, passwords: RolePasswords): Promise<RoleUrls> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} })
  try {
    await sql.begin(async (tx) => {
      // Two starts may meet here.
      await tx`select pg_advisory_xact_lock(hashtext('turnout roles'))`
      await ensureRole(tx, 'turnout_owner', passwords.owner)
      await ensureRole(tx, 'turnout_app', passwords.app)
      await ensureRole(tx, 'turnout_job', passwords.job)
      await refusePrivileges(tx)
      await grant(tx)
    })
  } finally {
    await sql.end()
  }
  return {
    owner: withUser(adminUrl, 'turnout_owner', passwords.owner),
    app: withUser(adminUrl, 'turnout_app', passwords.app),
    job: withUser(adminUrl, 'turnout_job', passwords.job),
  }
}

/** Whether the role of `url` may create the roles above. */
export async function mayCreateRoles(url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    const [role] = await sql<{ may: boolean }[]>`
      select rolsuper or rolcreaterole as may from pg_roles where rolname = current_user`
    return role?.may ?? false
  } finally {
    await sql.end()
  }
}

async function ensureRole(sql: Sql, name: string, password: string) {
  const [found] = await sql`select 1 from pg_roles where rolname = ${name}`
  if (!found) await sql`create role ${sql(name)} nosuperuser nobypassrls nocreaterole nocreatedb`
  // A role's password takes no parameter; the server quotes it.
  const [quoted] = await sql<{ literal: string }[]>`select quote_literal(${password}) as literal`
  await sql`alter role ${sql(name)} login password ${sql.unsafe(quoted?.literal ?? '')}`
}

// Row security is void for such roles, and they may have existed before us.
async function refusePrivileges(sql: Sql) {
  const privileged = await sql<{ rolname: string }[]>`
    select rolname
      from pg_roles
     where rolname in ('turnout_owner', 'turnout_app', 'turnout_job')
       and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)`
  if (privileged.length > 0) {
    const names = privileged.map(({ rolname }) => rolname).join(', ')
    throw new Error(`${names} must not be superuser, bypass row security or create roles`)
  }
}

async function grant(sql: Sql) {
  const [here] = await sql<{ database: string; superuser: boolean; version: number }[]>`
    select current_database() as database, rolsuper as superuser,
           current_setting('server_version_num')::int as version
      from pg_roles where rolname = current_user`
  const database = sql(here?.database ?? '')
  // Only a member of the new owner may hand something over to it.
  if (!here?.superuser) await sql`grant turnout_owner to current_user`
  await sql`alter database ${database} owner to turnout_owner`
  await sql`alter schema public owner to turnout_owner`
  await sql`revoke create on schema public from public`
  await sql`grant connect on database ${database} to turnout_app, turnout_job`
  await sql`grant usage on schema public to turnout_app, turnout_job`
  for (const [name, limit] of Object.entries(limits)) {
    const { statement, idleInTransaction, lock, transaction } = limit
    const role = sql(name)
    await sql`alter role ${role} set statement_timeout = ${sql.unsafe(`'${statement}'`)}`
    await sql`alter role ${role}
                set idle_in_transaction_session_timeout = ${sql.unsafe(`'${idleInTransaction}'`)}`
    await sql`alter role ${role} set lock_timeout = ${sql.unsafe(`'${lock}'`)}`
    if ((here?.version ?? 0) < firstWithTransactionLimit) continue
    await sql`alter role ${role} set transaction_timeout = ${sql.unsafe(`'${transaction}'`)}`
  }
}

function withUser(url: string, user: string, password: string) {
  const changed = new URL(url)
  changed.username = user
  changed.password = password
  return changed.href
}
