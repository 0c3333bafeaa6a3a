import { lintCatalog } from '../support/catalog-lint.ts'
import {
  cloneOf,
  type Database,
  dropDatabases,
  migratedDatabase,
  withSql,
} from '../support/databases.ts'

let original: Database

beforeAll(async () => {
  original = await migratedDatabase()
})
afterAll(dropDatabases)

test('the migrated database ties every row to its venue', async () => {
  expect(await lintCatalog(process.env.DATABASE_OWNER_URL ?? '')).toEqual([])
  expect(await lintCatalog(original.owner)).toEqual([])
})

type Mutation = [what: string, statement: string, finding: string | RegExp]

const asOwner: Mutation[] = [
  [
    'row security is no longer forced',
    'alter table ledger no force row level security',
    'table ledger lacks row security, enabled and forced',
  ],
  [
    'row security is disabled',
    'alter table shows disable row level security',
    'table shows lacks row security, enabled and forced',
  ],
  [
    'a policy is dropped',
    'drop policy own_venue on quarantine',
    'table quarantine has no policy of its venue',
  ],
  [
    'a policy forgets what is written',
    'alter policy own_venue on inbox with check (true)',
    'policy inbox.own_venue lets in more than the venue',
  ],
  [
    'a policy breaks on an empty setting',
    "alter policy own_venue on inbox using (venue_id = current_setting('app.venue_id', true))",
    'policy inbox.own_venue lets in more than the venue',
  ],
  [
    'a second policy opens what the first one closed',
    'create policy all_venues on series for select to turnout_app using (true)',
    'policy series.all_venues lets in more than the venue',
  ],
  [
    'the owner’s policy is given to the application',
    'alter policy listed_for_jobs on venues to turnout_app',
    'policy venues.listed_for_jobs lets in more than the venue',
  ],
  [
    'an index of a tenant’s table begins otherwise',
    'create index by_type on quarantine (type)',
    'index by_type does not begin with venue_id',
  ],
  [
    'a unique key tells whether another venue has an id',
    'alter table quarantine add constraint one_id unique (quarantine_id)',
    'index one_id does not begin with venue_id',
  ],
  [
    'a table has no venue',
    'create table notes (note_id uuid primary key, body text)',
    'table notes has no venue_id',
  ],
  [
    'a table’s venue may be null',
    'create table notes (venue_id text, body text)',
    'table notes has no venue_id',
  ],
  [
    'a view is not of its reader',
    'create view sums as select venue_id, count(*) from ledger group by 1',
    'view sums is not security_invoker',
  ],
  [
    'a materialized view is made',
    'create materialized view sums as select venue_id, count(*) from ledger group by 1',
    'materialized view sums knows no row security',
  ],
  [
    'a function runs as its owner',
    "create function all_ids() returns setof text language sql security definer set search_path = pg_catalog as 'select venue_id from public.inbox'",
    'function all_ids() runs as its owner',
  ],
  [
    'the list of venues has no fixed search path any more',
    'alter function venues_with_work() reset search_path',
    'function venues_with_work() runs as its owner',
  ],
  [
    'everybody may run the list of venues',
    'grant execute on function venues_with_work() to public',
    'function venues_with_work() runs as its owner',
  ],
  [
    'the application may truncate',
    'grant truncate on ledger to turnout_app',
    'turnout_app may truncate ledger',
  ],
  [
    'a foreign key does not tie the venue',
    'create table notes (venue_id text not null, id uuid references unattributed_quarantine, primary key (venue_id, id))',
    /foreign key \w+ does not tie venue_id/,
  ],
]

const asSuperuser: Mutation[] = [
  [
    'a view belongs to a superuser',
    'create view sums with (security_invoker = true) as select venue_id from ledger',
    /sums belongs to (?!turnout_owner)/,
  ],
  [
    'a superuser’s plain view looks through row security',
    'create view sums as select venue_id from ledger',
    'view sums is not security_invoker',
  ],
]

async function findingsAfter(url: (clone: Database) => string, statement: string) {
  const clone = await cloneOf(original)
  await withSql(url(clone), (sql) => sql.unsafe(statement))
  return lintCatalog(clone.owner)
}

test.each(asOwner)('the lint sees it when %s', async (_what, statement, finding) => {
  const findings = await findingsAfter(({ owner }) => owner, statement)
  expect(findings).toContainEqual(
    typeof finding === 'string' ? finding : expect.stringMatching(finding),
  )
})

test.each(asSuperuser)('the lint sees it when %s', async (_what, statement, finding) => {
  const findings = await findingsAfter(({ admin }) => admin, statement)
  expect(findings).toContainEqual(
    typeof finding === 'string' ? finding : expect.stringMatching(finding),
  )
})
