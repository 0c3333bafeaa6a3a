import {
  closePostgres,
  readTenant,
  type Tx,
  withJob,
  withoutTenant,
  withTenant,
  withTenantJob,
} from '../../lib/clients/postgres.ts'
import { failureOf, withSql } from '../support/databases.ts'
import { unique } from '../support/events.ts'
import { closeStores } from '../support/service.ts'
import { fillVenue } from '../support/venue.ts'

// One connection for all: what one transaction leaves behind, the next one finds.
process.env.DATABASE_POOL_SIZE = '1'

const own = unique('v-own')
const other = unique('v-other')
let tables: string[]

beforeAll(async () => {
  await fillVenue(own)
  await fillVenue(other)
  tables = await withSql(process.env.DATABASE_OWNER_URL ?? '', async (sql) => {
    const rows = await sql<{ name: string }[]>`
      select c.relname as name
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'venue_id'
       where c.relnamespace = 'public'::regnamespace
         and c.relkind = 'r'
       order by 1`
    return rows.map(({ name }) => name)
  })
})
afterAll(closeStores)

const venuesIn = async (tx: Tx, table: string): Promise<string[]> =>
  (await tx<{ venueId: string }[]>`select distinct venue_id from ${tx(table)} order by 1`).map(
    ({ venueId }) => venueId,
  )

test('the tables of venues are filled for both, so that looking proves something', async () => {
  const filled = await withTenant(other, async (tx) => {
    const seen = await Promise.all(tables.map((table) => venuesIn(tx, table)))
    return tables.filter((_, i) => seen[i]?.length)
  })
  expect(filled).toEqual(tables.filter((table) => table !== 'raw_outbox'))
})

const doors = { withTenant, readTenant, withTenantJob }

test.each(Object.entries(doors))('%s shows the rows of its venue alone', async (_name, door) => {
  for (const table of tables) {
    const seen = await door(own, (tx) => venuesIn(tx, table))
    expect([table, seen]).toEqual([table, table === 'raw_outbox' ? [] : [own]])
  }
})

test.each([
  ['the application', withoutTenant],
  ['a job', withJob],
])('%s without a venue sees no row', async (_name, door) => {
  for (const table of tables) expect(await door((tx) => venuesIn(tx, table))).toEqual([])
})

test('another venue’s rows can be neither changed nor deleted', async () => {
  const changed = await withTenant(own, async (tx) => {
    const updated = await tx`update shows set name = 'mine' where venue_id = ${other}`
    const deleted = await tx`delete from buckets where venue_id = ${other}`
    return updated.count + deleted.count
  })
  expect(changed).toBe(0)
})

const writes: [string, (tx: Tx) => Promise<unknown>][] = [
  ['inserted', (tx) => tx`insert into shows (venue_id, show_id) values (${other}, 'x')`],
  ['moved', (tx) => tx`update shows set venue_id = ${other} where venue_id = ${own}`],
  [
    'upserted',
    (tx) => tx`
      insert into shows as s (venue_id, show_id) values (${other}, 'show-1')
          on conflict (venue_id, show_id) do update set name = 'mine'`,
  ],
]

test.each(writes)('a row %s into another venue is refused with 42501', async (_how, write) => {
  expect(await failureOf(withTenant(own, write))).toBe('42501')
  expect(await failureOf(withTenantJob(own, write))).toBe('42501')
})

test('a row of no venue cannot be written without one', async () => {
  const write = (tx: Tx) => tx`insert into shows (venue_id, show_id) values ('', 'x')`
  expect(await failureOf(withoutTenant(write))).toBe('42501')
  expect(await failureOf(withJob(write))).toBe('42501')
})

test('nobody but the owner truncates, alters or reads the list of migrations', async () => {
  for (const door of [withTenant, withTenantJob]) {
    for (const table of tables) {
      expect(await failureOf(door(own, (tx) => tx`truncate ${tx(table)}`))).toBe('42501')
    }
    const alter = (tx: Tx) => tx`alter table ledger no force row level security`
    expect(await failureOf(door(own, alter))).toBe('42501')
    expect(await failureOf(door(own, (tx) => tx`select name from migrations`))).toBe('42501')
    const become = (tx: Tx) => tx`set local role turnout_owner`
    expect(await failureOf(door(own, become))).toBe('42501')
  }
})

test('the ledger and the inbox are append only', async () => {
  for (const table of ['ledger', 'inbox', 'order_events']) {
    const update = (tx: Tx) => tx`update ${tx(table)} set recorded_at = now()`
    const remove = (tx: Tx) => tx`delete from ${tx(table)}`
    expect(await failureOf(withTenant(own, update))).toBe('42501')
    expect(await failureOf(withTenant(own, remove))).toBe('42501')
  }
})

test('the application writes messages of no venue and cannot read them', async () => {
  const read = (tx: Tx) => tx`select body from unattributed_quarantine`
  expect(await failureOf(withoutTenant(read))).toBe('42501')
  expect(await failureOf(withJob(read))).toBe('')
})

test('the history of jobs is for jobs alone', async () => {
  const read = (tx: Tx) => tx`select counts from job_runs`
  expect(await failureOf(withTenant(own, read))).toBe('42501')
  expect(await failureOf(withJob(read))).toBe('')
})

test('the lists of venues with work are for jobs alone', async () => {
  const lists = [
    (tx: Tx) => tx`select venue_id from venues_with_work()`,
    (tx: Tx) => tx`select venue_id from venues_with_old_keys()`,
    (tx: Tx) => tx`select venue_id from venues_with_carts(now(), now())`,
    (tx: Tx) => tx`select venue_id from venues_recorded_lately()`,
    (tx: Tx) => tx`select venue_id from watched_venues()`,
    (tx: Tx) => tx`select venue_id from venues_to_audit('night')`,
    (tx: Tx) => tx`select venue_id from exports_to_tend()`,
    (tx: Tx) => tx`select venue_id from reports_to_tend(now())`,
    (tx: Tx) => tx`select venue_id from messages_to_tend()`,
    (tx: Tx) => tx`select venue_id from venues_with_alerts()`,
  ]
  for (const list of lists) {
    expect(await failureOf(withTenant(own, list))).toBe('42501')
    expect(await failureOf(withJob(list))).toBe('')
  }
})

test('a transaction leaves no venue behind on its connection', async () => {
  const told = (tx: Tx) => tx<{ pid: string; venue: string | null }[]>`
    select pg_backend_pid()::text as pid, current_setting('app.venue_id', true) as venue`
  await closePostgres()
  const [inside] = await withTenant(own, told)
  const [outside] = await withoutTenant(told)
  await withTenant(other, () => Promise.reject(new Error('rolled back'))).catch(() => {})
  const [afterFailure] = await withoutTenant(told)
  expect(inside?.venue).toBe(own)
  expect(outside).toEqual({ pid: inside?.pid, venue: '' })
  expect(afterFailure).toEqual({ pid: inside?.pid, venue: '' })
})

test('the venue ends with its transaction, not with the connection', async () => {
  const venue = await withTenant(own, async (tx) => {
    await tx.unsafe('commit')
    const [row] = await tx<{ venue: string }[]>`
      select current_setting('app.venue_id', true) as venue`
    await tx.unsafe('begin')
    return row?.venue
  })
  expect(venue).toBe('')
})

test('twenty transactions at once on one connection each see their own venue', async () => {
  const seen = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const venue = i % 2 ? own : other
      return [venue, ...(await withTenant(venue, (tx) => venuesIn(tx, 'ledger')))]
    }),
  )
  expect(seen.filter(([asked, ...found]) => found.join() !== asked)).toEqual([])
})
