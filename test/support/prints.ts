import { withSql } from './databases.ts'

/**
 * A digest of all rows of each table, as a superuser sees them: equal exactly while nothing has
 * changed. One statement, whatever the number of tables.
 */
export const printsOf = (adminUrl: string): Promise<Record<string, string>> =>
  withSql(adminUrl, async (sql) => {
    const tables = await sql<{ name: string }[]>`
      select c.relname as name
        from pg_class c
       where c.relnamespace = 'public'::regnamespace
         and c.relkind in ('r', 'p')
       order by 1`
    const digests = tables.map(
      ({ name }) => `
        select '${name}' as name, count(*) || ' ' || md5(coalesce(
                 string_agg(t::text, chr(10) order by t::text collate "C"), '')) as print
          from ${name} t`,
    )
    const rows = await sql.unsafe<{ name: string; print: string }[]>(digests.join(' union all '))
    return Object.fromEntries(rows.map(({ name, print }) => [name, print]))
  })
