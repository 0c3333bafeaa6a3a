import type postgres from 'postgres'
import { withSql } from './databases.ts'

/** Tables that hold no venue's rows. */
const withoutVenue = [
  'migrations',
  'unattributed_quarantine',
  'job_runs',
  'socket_tickets', // of a person, who may have a part in several venues; no number is in them
  'connections', // as the tickets
  'notification_preferences', // of a person, in whatever venue; no venue's data are in them
]
/** SECURITY DEFINER functions, each with what makes it harmless. */
const definers = [
  'venues_with_work()', // returns ids of venues and flags, to the job's role alone
  'venues_with_old_keys()', // returns ids of venues, to the job's role alone
  'venues_recorded_lately()', // returns ids and clocks of venues, to the job's role alone
  'venues_with_carts(timestamp with time zone,timestamp with time zone)', // ids of venues, to the job's role alone
  'venues_to_aggregate()', // returns ids of venues, to the job's role alone
  'venues_to_sweep()', // returns ids of venues, to the job's role alone
  'watched_venues()', // returns ids of venues, to the job's role alone
  'exports_to_tend()', // returns ids of venues and exports, to the job's role alone
  'reports_to_tend(timestamp with time zone)', // ids of venues and schedules, to the job's role alone
  'messages_to_tend()', // returns ids of venues and messages, to the job's role alone
  'venues_with_alerts()', // returns ids of venues, to the job's role alone
  'venues_to_audit(text)', // returns ids of venues, to the job's role alone
]
/** Policies wider than the venue of the setting: of one command, for the schema's owner alone. */
const widerPolicies = [
  'venues',
  'idempotency_keys',
  'aggregations',
  'show_totals',
  'retention',
  'quarantine',
  'announcements',
  'audit_runs',
  'carts',
  'exports',
  'report_schedules',
  'report_runs',
  'messages',
  'alerts',
  'alert_instances',
].map((table) => `${table}.listed_for_jobs`)
const roles = ['turnout_owner', 'turnout_app', 'turnout_job']

type Rows = { finding: string }[]
type Rule = (sql: postgres.Sql) => PromiseLike<Rows>

/** What in the catalog of a database lets one venue's rows be seen or guessed by another. */
export const lintCatalog = (url: string): Promise<string[]> =>
  withSql(url, async (sql) => {
    const findings: string[] = []
    for (const rule of rules) for (const { finding } of await rule(sql)) findings.push(finding)
    return findings
  })

const rules: Rule[] = [
  (sql) => sql<Rows>`
    select format('table %s has no venue_id', c.relname) as finding
      from pg_class c
     where c.relnamespace = 'public'::regnamespace
       and c.relkind in ('r', 'p')
       and c.relname <> all (${withoutVenue}::text[])
       and not exists (select from pg_attribute a
                        where a.attrelid = c.oid and a.attname = 'venue_id' and a.attnotnull)`,

  (sql) => sql<Rows>`
    select format('table %s lacks row security, enabled and forced', c.relname) as finding
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'venue_id'
     where c.relnamespace = 'public'::regnamespace
       and c.relkind in ('r', 'p')
       and not (c.relrowsecurity and c.relforcerowsecurity)`,

  (sql) => sql<Rows>`
    select format('table %s has no policy of its venue', c.relname) as finding
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'venue_id'
     where c.relnamespace = 'public'::regnamespace
       and c.relkind in ('r', 'p')
       and not exists (select
                         from pg_policies p
                        where p.schemaname = 'public'
                          and p.tablename = c.relname
                          and p.cmd = 'ALL'
                          and p.qual ~* 'venue_id = nullif\\(current_setting'
                          and p.with_check ~* 'venue_id = nullif\\(current_setting')`,

  (sql) => sql<Rows>`
    select format('policy %s.%s lets in more than the venue', tablename, policyname) as finding
      from pg_policies
     where schemaname = 'public'
       and (coalesce(qual, 'true') !~* 'venue_id = nullif\\(current_setting'
            or coalesce(with_check, qual, 'true') !~* 'venue_id = nullif\\(current_setting')
       and not (tablename || '.' || policyname = any (${widerPolicies}::text[])
                and roles = '{turnout_owner}' and cmd = 'SELECT')`,

  (sql) => sql<Rows>`
    select format('role %s is privileged', rolname) as finding
      from pg_roles
     where rolname = any (${roles}::text[])
       and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)`,

  (sql) => sql<Rows>`
    select format('role %s is a member of %s', m.member::regrole, m.roleid::regrole) as finding
      from pg_auth_members m
     where m.member::regrole::text in ('turnout_app', 'turnout_job')`,

  (sql) => sql<Rows>`
    select format('%s belongs to %s', c.relname, c.relowner::regrole) as finding
      from pg_class c
     where c.relnamespace = 'public'::regnamespace
       and c.relowner::regrole::text <> 'turnout_owner'
    union all
    select format('function %s belongs to %s', p.proname, p.proowner::regrole)
      from pg_proc p
     where p.pronamespace = 'public'::regnamespace
       and p.proowner::regrole::text <> 'turnout_owner'`,

  (sql) => sql<Rows>`
    select format('view %s is not security_invoker', c.relname) as finding
      from pg_class c
     where c.relnamespace = 'public'::regnamespace
       and c.relkind = 'v'
       and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on']
    union all
    select format('materialized view %s knows no row security', c.relname)
      from pg_class c
     where c.relnamespace = 'public'::regnamespace
       and c.relkind = 'm'`,

  (sql) => sql<Rows>`
    select format('function %s runs as its owner', f.signature) as finding
      from (select p.oid::regprocedure::text as signature, p.proconfig, p.proacl
              from pg_proc p
             where p.pronamespace = 'public'::regnamespace
               and p.prosecdef) f
     where f.signature <> all (${definers}::text[])
        or not exists (select from unnest(f.proconfig) s where s like 'search_path=%')
        or f.proacl is null
        or exists (select from aclexplode(f.proacl) a where a.grantee = 0)`,

  (sql) => sql<Rows>`
    select format('index %s does not begin with venue_id', i.indexrelid::regclass) as finding
      from pg_index i
      join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
      join pg_attribute v on v.attrelid = c.oid and v.attname = 'venue_id'
     where i.indkey[0] <> v.attnum`,

  (sql) => sql<Rows>`
    select format('foreign key %s does not tie venue_id', f.conname) as finding
      from pg_constraint f
      join pg_attribute v on v.attrelid = f.conrelid and v.attname = 'venue_id'
     where f.contype = 'f'
       and v.attnum <> all (f.conkey)`,

  (sql) => sql<Rows>`
    select format('%s may %s %s', a.grantee::regrole, lower(a.privilege_type), c.relname) as finding
      from pg_class c
     cross join aclexplode(c.relacl) a
     where c.relnamespace = 'public'::regnamespace
       and a.grantee <> c.relowner
       and (a.grantee = 0
            or a.is_grantable
            or a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))`,
]
