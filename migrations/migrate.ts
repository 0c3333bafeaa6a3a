import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Db, MongoClient } from 'mongodb'
import postgres from 'postgres'

type Migration = { name: string; checksum: string; file: string }

/**
 * Brings both databases to the newest form, forward only, and returns the names of the steps
 * taken. Two runners at once take turns; a step that was edited after it ran is refused.
 */
export async function migrate(ownerUrl: string, mongoUri: string): Promise<string[]> {
  const postgresSteps = await migratePostgres(ownerUrl)
  const mongoSteps = await migrateMongo(mongoUri)
  return [...postgresSteps, ...mongoSteps]
}

/** The Postgres half, for a database cloned or made by a test. */
export async function migratePostgres(ownerUrl: string): Promise<string[]> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => {} })
  try {
    return await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtext('turnout migrations'))`
      await tx`
        create table if not exists migrations (
          name text primary key, checksum text not null, applied_at timestamptz not null default now()
        )`
      const applied = await tx<{ name: string; checksum: string }[]>`
        select name, checksum from migrations order by name`
      const waiting = unapplied(await listMigrations('postgres'), applied)
      // In order and one by one: each step builds on the one before.
      for (const step of waiting) {
        await tx.unsafe(await readFile(step.file, 'utf8'))
        await tx`insert into migrations (name, checksum) values (${step.name}, ${step.checksum})`
      }
      return waiting.map((step) => step.name)
    })
  } finally {
    await sql.end()
  }
}

async function migrateMongo(mongoUri: string): Promise<string[]> {
  const client = await new MongoClient(mongoUri, { serverSelectionTimeoutMS: 10_000 }).connect()
  try {
    const db = client.db()
    const done = db.collection<{ _id: string; checksum: string }>('migrations')
    const applied = (await done.find().toArray()).map(({ _id, checksum }) => ({
      name: _id,
      checksum,
    }))
    const waiting = unapplied(await listMigrations('mongo'), applied)
    // In order and one by one; each step may run twice, so two runners do no harm.
    for (const step of waiting) {
      const { up } = (await import(pathToFileURL(step.file).href)) as { up(db: Db): Promise<void> }
      await up(db)
      await done.updateOne(
        { _id: step.name },
        { $set: { checksum: step.checksum } },
        { upsert: true },
      )
    }
    return waiting.map((step) => step.name)
  } finally {
    await client.close()
  }
}

async function listMigrations(store: 'postgres' | 'mongo'): Promise<Migration[]> {
  const folder = path.resolve('migrations', store)
  const names = (await readdir(folder)).filter((name) => /^\d{4}_/.test(name)).sort()
  names.forEach((name, index) => {
    const expected = String(index + 1).padStart(4, '0')
    if (!name.startsWith(expected))
      throw new Error(`Migration ${expected} is missing before ${name}`)
  })
  return Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name)
      const checksum = createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
      return { name, checksum, file }
    }),
  )
}

function unapplied(known: Migration[], applied: { name: string; checksum: string }[]): Migration[] {
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]))
  for (const step of known) {
    const ran = checksums.get(step.name)
    if (ran && ran !== step.checksum) {
      throw new Error(`Migration ${step.name} was changed after it ran: write a new one instead`)
    }
  }
  return known.filter((step) => !checksums.has(step.name))
}

if (process.argv[1]?.endsWith('migrate.ts')) {
  if (process.argv.includes('--help')) {
    console.log('npm run migrate: brings the databases of DATABASE_OWNER_URL (or DATABASE_URL)')
    console.log('and MONGODB_URI to the newest form. Running it again changes nothing.')
  } else {
    const { DATABASE_OWNER_URL, DATABASE_URL, MONGODB_URI } = process.env
    const ownerUrl = DATABASE_OWNER_URL || DATABASE_URL
    if (!ownerUrl || !MONGODB_URI) {
      console.error('Set DATABASE_OWNER_URL (or DATABASE_URL) and MONGODB_URI.')
      process.exitCode = 2
    } else {
      const steps = await migrate(ownerUrl, MONGODB_URI)
      console.log(steps.length ? `Applied: ${steps.join(', ')}` : 'Nothing to do: up to date.')
    }
  }
}
