import { execFile } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import type { Place, RunAs } from '../place.ts'
import { identify, isAlive, signalProcess, waitUntilGone } from '../processes/alive.ts'
import type { Member } from '../processes/crew.ts'
import { waitForPort } from '../processes/ports.ts'

export type Server = {
  name: string
  /** Folder of initdb and postgres. */
  bin: string
  port: number
  password: string
  place: Place
  settings?: Record<string, string>
  /** Variables for the server process. */
  variables?: Record<string, string>
  /** Zone files for a build that looks for them in its working directory. */
  zoneinfo?: string
}

const environment = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', HOME: '/' }

/** A PostgreSQL server of ours: loopback only, password required, data kept in the place. */
export async function postgresServer(server: Server): Promise<Member> {
  const { name, bin, port, place, zoneinfo } = server
  const data = path.join(place.data, name)
  if (!existsSync(path.join(data, 'PG_VERSION'))) await initialise(server, data)
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    jit: 'off',
    ...server.settings,
  }
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  return {
    name,
    command: path.join(bin, 'postgres'),
    args: ['-D', data, '-p', String(port), ...flags],
    // Fast shutdown: clients are disconnected, not waited for.
    signal: 'SIGINT',
    options: {
      ...place.runAs,
      cwd: zoneinfo ? data : '/',
      env: { ...environment, ...server.variables },
    },
    prepare: async () => {
      await clearPidFile(data)
      if (zoneinfo) linkZoneinfo(data, zoneinfo)
    },
    ready: async () => {
      await waitForPort(port)
      await waitUntilItAnswers(adminUrlOf(server))
    },
  }
}

/** The address for the superuser. */
export const adminUrlOf = (
  { port, password }: Pick<Server, 'port' | 'password'>,
  database = 'postgres',
) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`

/** Creates a database unless it is there. */
export async function ensureDatabase(adminUrl: string, name: string) {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} })
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${name}`
    if (!found) await sql`create database ${sql(name)}`
  } finally {
    await sql.end()
  }
}

async function initialise({ name, bin, password, place, zoneinfo }: Server, data: string) {
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data, { mode: 0o700 })
  own(data, place.runAs)
  const secret = path.join(data, '..', `${name}.password.${process.pid}`)
  writeFileSync(secret, password, { mode: 0o600 })
  own(secret, place.runAs)
  const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${secret}`]
  try {
    await promisify(execFile)(
      path.join(bin, 'initdb'),
      [...args, '--locale=C', '--encoding=UTF8', '--no-sync'],
      // With a relative zone folder even initdb looks for it where it runs.
      {
        ...place.runAs,
        cwd: zoneinfo ? path.dirname(zoneinfo) : '/',
        env: { ...environment, TZ: 'GMT' },
      },
    )
  } catch (error) {
    rmSync(data, { recursive: true, force: true })
    throw new Error(`${name}: initdb failed: ${(error as Error).message}`)
  } finally {
    rmSync(secret, { force: true })
  }
}

const own = (file: string, { uid, gid }: RunAs) => {
  if (uid !== undefined) chownSync(file, uid, gid ?? uid)
}

// After kill -9 the file stays: its process may live on without us, be gone, or its number may
// belong to another by now.
async function clearPidFile(data: string) {
  const file = path.join(data, 'postmaster.pid')
  if (!existsSync(file)) return
  const left = identify(Number(readFileSync(file, 'utf8').split('\n')[0]))
  if (isAlive(left) && commandLine(left.pid).includes(data)) {
    signalProcess(left.pid, 'SIGINT')
    if (!(await waitUntilGone([left], 10_000))) throw new Error(`${data} is in use by ${left.pid}`)
    return
  }
  rmSync(file, { force: true })
}

function commandLine(pid: number) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function linkZoneinfo(data: string, zoneinfo: string) {
  rmSync(path.join(data, 'zoneinfo'), { force: true })
  symlinkSync(zoneinfo, path.join(data, 'zoneinfo'))
}

// The port opens before recovery from a crash is over (57P03 until then).
async function waitUntilItAnswers(url: string) {
  // No question for types: cut off by a server that is not up yet, nobody could catch it.
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    onnotice: () => {},
    backoff: () => 0.05,
  })
  try {
    for (const end = Date.now() + 60_000; ; ) {
      try {
        await sql`select 1`
        return
      } catch (error) {
        const { code } = error as { code?: string }
        const isPassing = ['57P03', 'ECONNREFUSED', 'ECONNRESET', 'CONNECTION_CLOSED']
        if (!isPassing.includes(code ?? '') || Date.now() > end) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  } finally {
    await sql.end({ timeout: 1 })
  }
}
