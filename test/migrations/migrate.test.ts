import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import {
  dropDatabases,
  emptyDatabase,
  failureOf,
  migratedDatabase,
  migratePostgres,
  withSql,
} from '../support/databases.ts'
import { describeSchema } from '../support/describe-schema.ts'

const schemaFile = 'test/schema.sql'
const folders: string[] = []

afterAll(async () => {
  await dropDatabases()
  for (const folder of folders) await rm(folder, { recursive: true })
})

/** A copy of the migrations that a test may spoil. */
async function spoiledFolder(spoil: (postgresFolder: string) => Promise<unknown>) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'turnout-migrations-'))
  folders.push(folder)
  await cp('migrations/postgres', path.join(folder, 'migrations/postgres'), { recursive: true })
  await spoil(path.join(folder, 'migrations/postgres'))
  return folder
}

test('the migrated schema is the committed one (UPDATE_SCHEMA=1 writes it anew)', async () => {
  const schema = await describeSchema((await migratedDatabase()).owner)
  if (process.env.UPDATE_SCHEMA) await writeFile(schemaFile, schema)
  expect(schema).toBe(await readFile(schemaFile, 'utf8'))
  expect(await describeSchema(process.env.DATABASE_OWNER_URL ?? '')).toBe(schema)
})

test('a second run takes no step and changes nothing', async () => {
  const { owner } = await emptyDatabase()
  const taken = await migratePostgres(owner)
  const schema = await describeSchema(owner)
  expect(taken[0]).toBe('0001_ledger.sql')
  expect(await migratePostgres(owner)).toEqual([])
  expect(await describeSchema(owner)).toBe(schema)
})

test('of four runners at once one takes the steps', async () => {
  const { owner } = await emptyDatabase()
  const taken = await Promise.all([1, 2, 3, 4].map(() => migratePostgres(owner)))
  expect(taken.filter((steps) => steps.length > 0)).toHaveLength(1)
  const rows = await withSql(owner, (sql) => sql`select name from migrations`)
  expect(rows).toHaveLength(taken.flat().length)
})

test('a step that was edited after it ran is refused, and nothing is done', async () => {
  const { owner } = await migratedDatabase()
  const folder = await spoiledFolder(async (postgres) => {
    await appendFile(path.join(postgres, '0001_ledger.sql'), '\n-- a comment more\n')
    await writeFile(await nextStep(postgres), 'create table more (id int)')
  })
  const refused = migratePostgres(owner, folder)
  await expect(refused).rejects.toThrow(/0001_ledger\.sql was changed after it ran/)
  expect(await failureOf(withSql(owner, (sql) => sql`select id from more`))).toBe('42P01')
})

test('a step that fails takes all steps of its run back', async () => {
  const { owner } = await emptyDatabase()
  const folder = await spoiledFolder(async (postgres) => {
    await writeFile(await nextStep(postgres), 'create table more (id nothing)')
  })
  await expect(migratePostgres(owner, folder)).rejects.toThrow(/type "nothing" does not exist/)
  expect(await failureOf(withSql(owner, (sql) => sql`select 1 from ledger`))).toBe('42P01')
  expect((await migratePostgres(owner)).length).toBeGreaterThan(0)
})

test('a missing number is refused', async () => {
  const { owner } = await emptyDatabase()
  const folder = await spoiledFolder((postgres) =>
    writeFile(path.join(postgres, '0100_far.sql'), 'select 1'),
  )
  await expect(migratePostgres(owner, folder)).rejects.toThrow(/is missing before 0100_far\.sql/)
})

test('the application and the job cannot migrate', async () => {
  const { app, job } = await emptyDatabase()
  await expect(migratePostgres(app)).rejects.toThrow(/permission denied/)
  await expect(migratePostgres(job)).rejects.toThrow(/permission denied/)
})

test('npm run migrate brings both databases up and says when there is nothing to do', async () => {
  const { owner } = await emptyDatabase()
  const mongo = new URL(process.env.MONGODB_URI ?? '')
  mongo.pathname = `/migrated_${randomUUID().slice(0, 8)}`
  const run = async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['migrations/migrate.ts'], {
      env: { ...process.env, DATABASE_OWNER_URL: owner, MONGODB_URI: mongo.href },
    })
    return stdout.trim()
  }
  expect(await run()).toMatch(/^Applied: 0001_ledger\.sql.*0001_raw_events\.ts/)
  expect(await run()).toBe('Nothing to do: up to date.')
})

test('npm run migrate names what is not set', async () => {
  const run = promisify(execFile)(process.execPath, ['migrations/migrate.ts'], {
    env: { ...process.env, DATABASE_OWNER_URL: '', DATABASE_URL: '' },
  })
  await expect(run).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('DATABASE_OWNER_URL'),
  })
})

async function nextStep(folder: string): Promise<string> {
  const number = (await readdir(folder)).length + 1
  return path.join(folder, `${String(number).padStart(4, '0')}_more.sql`)
}

test('what was remembered of alerts goes on where causes are told apart', async () => {
  const folder = await spoiledFolder(async (steps) => {
    const later = (await readdir(steps)).filter((step) => step >= '0015')
    await Promise.all(later.map((step) => rm(path.join(steps, step))))
  })
  const { owner, admin } = await emptyDatabase()
  await migratePostgres(owner, folder)
  const states = { told: { isTold: true, cause: 'no_data', status: 'firing' }, idle: { isTold: false, cause: 'condition', status: 'inactive' } } // biome-ignore format: one line
  await withSql(
    admin,
    (sql) => sql`
      insert into alert_states (venue_id, alert_id, labels_key, state)
      select 'v-' || key, gen_random_uuid(), key, value
        from jsonb_each(${JSON.stringify(states)}::text::jsonb)`,
  )
  expect(await migratePostgres(owner)).toContain('0015_alert_causes.sql')
  const kept = await withSql(
    admin,
    (sql) => sql`select labels_key as key, state from alert_states order by 1`,
  )
  expect([...kept]).toEqual([
    { key: 'idle', state: { told: [], cause: 'condition', status: 'inactive' } },
    { key: 'told', state: { told: ['no_data'], cause: 'no_data', status: 'firing' } },
  ])
  const forced = await withSql(
    admin,
    (sql) => sql`select relforcerowsecurity as forced from pg_class where relname = 'alert_states'`,
  )
  expect([...forced]).toEqual([{ forced: true }])
})
