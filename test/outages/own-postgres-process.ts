/**
 * A process that owns a Postgres server with the schema of the service: starts it, starts it again
 * when it is killed, and ends it with itself. Told `{ maxConnections }` it answers with the
 * server's addresses, and with its process id whenever that changes.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { choosePlace } from '../../local/place.ts'
import { createCrew } from '../../local/processes/crew.ts'
import { findFreeBase, portsFrom } from '../../local/processes/ports.ts'
import { findNpmPostgres } from '../../local/stores/npm-postgres.ts'
import { adminUrlOf, ensureDatabase, postgresServer } from '../../local/stores/postgres-server.ts'
import { migratePostgres } from '../../migrations/migrate.ts'
import { ensureRoles } from '../../migrations/roles.ts'

const home = mkdtempSync(path.join(os.tmpdir(), 'turnout-postgres-'))
const tell = (message: object) => process.connected && process.send?.(message)
const say = (line: string) => void process.stderr.write(`${line}\n`)
// Readable for the user that the server runs as.
chmodSync(home, 0o755)
process.umask(0o022)
const crew = await createCrew({
  home,
  say: () => {},
  onLoss: (reason) => {
    say(reason)
    end()
  },
  onChange: () => tell({ pid: crew.pid('postgres') }),
})
crew.removeAfterKill(home)
process.on('disconnect', end)
process.once('message', ({ maxConnections }: { maxConnections: number }) => {
  start(maxConnections).catch((error: Error) => tell({ error: error.message }))
})

async function start(maxConnections: number) {
  const { postgres: port } = portsFrom(await findFreeBase())
  const place = choosePlace(home)
  const bin = await findNpmPostgres(place)
  const password = 'of-this-test'
  const settings = {
    max_connections: String(maxConnections),
    // Processes are killed here, not the machine: what was written stays written. A commit must
    // still wait for its write, or kill -9 takes what was acknowledged.
    ...{ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'on' },
  }
  await crew.start(await postgresServer({ name: 'postgres', bin, port, password, place, settings }))
  await ensureDatabase(adminUrlOf({ port, password }), 'turnout')
  const admin = adminUrlOf({ port, password }, 'turnout')
  const urls = await ensureRoles(admin, { owner: password, app: password, job: password })
  await migratePostgres(urls.owner)
  tell({ port, password, admin, ...urls, runAs: place.runAs, folder: place.data })
}

async function end() {
  await crew.stopAll()
  rmSync(home, { recursive: true, force: true })
  process.exit()
}
