import { type Database, withSql } from './databases.ts'

/**
 * Gives a database a clock that tests set: what asks for `clock_timestamp()` over the returned
 * address is told the time that was set last.
 */
export async function settableClock(database: Database, address: string) {
  await withSql(database.admin, async (sql) => {
    await sql`create schema set_clock`
    await sql`create table set_clock.moment (at timestamptz not null)`
    await sql`insert into set_clock.moment values (now())`
    await sql`create function set_clock.clock_timestamp() returns timestamptz
      language sql stable security definer as 'select at from set_clock.moment'`
    await sql`grant usage on schema set_clock to public`
  })
  const url = new URL(address)
  // Before the catalog's own, so that it is found first.
  url.searchParams.set('search_path', 'set_clock,public,pg_catalog')
  const setClock = (ms: number) =>
    withSql(
      database.admin,
      (sql) => sql`update set_clock.moment set at = ${new Date(ms).toISOString()}`,
    )
  return { url: url.href, setClock }
}
