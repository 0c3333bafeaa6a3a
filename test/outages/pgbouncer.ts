import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { waitForPort } from '../../local/processes/ports.ts'
import { closedPort } from '../oracle/proxies.ts'
import type { OwnPostgres } from './own-postgres.ts'

const places = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin']

/** The program, where this machine has it. Debian puts it where only root looks. */
export const pgbouncer = places
  .map((folder) => path.join(folder, 'pgbouncer'))
  .find((program) => spawnSync(program, ['--version']).status === 0)

/** `test` where there is a PgBouncer; elsewhere the tests are skipped, and it is said aloud. */
export function testWithPooler(): jest.It {
  if (pgbouncer) return test
  console.warn('SKIPPED: no pgbouncer on the PATH or in /usr/sbin (Debian: apt install pgbouncer)')
  return test.skip
}

/** A pooler in transaction mode in front of a server, with so many connections for each role. */
export async function startPooler(server: OwnPostgres, poolSize: number) {
  if (!pgbouncer) throw new Error('no pgbouncer')
  const { uid, gid } = server.runAs
  const port = await closedPort()
  const folder = mkdtempSync(path.join(server.folder, 'pooler-'))
  const write = (name: string, lines: string[]) => {
    const file = path.join(folder, name)
    writeFileSync(file, `${lines.join('\n')}\n`)
    if (uid !== undefined) chownSync(file, uid, gid ?? uid)
    return file
  }
  const users = write(
    'users',
    ['turnout_app', 'turnout_job'].map((role) => `"${role}" "${server.password}"`),
  )
  const settings = write('pgbouncer.ini', [
    '[databases]',
    `turnout = host=127.0.0.1 port=${server.port} dbname=turnout`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${users}`,
    'pool_mode = transaction',
    `default_pool_size = ${poolSize}`,
    'max_client_conn = 1000',
  ])
  if (uid !== undefined) chownSync(folder, uid, gid ?? uid)
  const child = spawn(pgbouncer, ['--quiet', settings], {
    ...server.runAs,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await waitForPort(port)
  const address = new URL(server.app)
  address.port = String(port)
  return {
    url: address.href,
    async stop() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
