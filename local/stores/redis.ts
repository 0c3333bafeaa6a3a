import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fetchRedis } from '../fetch/redis-package.ts'
import type { Member } from '../processes/crew.ts'
import { waitForPort } from '../processes/ports.ts'

export type RedisEngine = { name: string; program?: string }

const imitation = 'ioredis-mock (in memory, incomplete)'
const failureLastsMs = 3600_000

/** A redis-server or valkey-server: on the PATH, or out of Debian's packages. */
export async function findRedis(
  cache: string,
  isImitationAllowed: boolean,
  say: (line: string) => void,
): Promise<RedisEngine> {
  for (const program of ['redis-server', 'valkey-server']) {
    if (spawnSync(program, ['--version']).status === 0) return describe(program)
  }
  const failure = path.join(cache, 'redis.failed')
  try {
    if (isImitationAllowed && isRecent(failure)) throw new Error(readFileSync(failure, 'utf8'))
    return describe(await fetchRedis(cache, say))
  } catch (error) {
    const reason = (error as Error).message
    if (!isImitationAllowed) {
      throw new Error(
        `the tests need a Redis: put redis-server or valkey-server on the PATH\n${reason}`,
      )
    }
    say(`no Redis could be found or fetched, using ${imitation}: ${reason.split('\n')[0]}`)
    if (!isRecent(failure)) {
      mkdirSync(cache, { recursive: true })
      writeFileSync(failure, reason)
    }
    return { name: imitation }
  }
}

/** The server itself; `folder` keeps its data, without one it is in memory. */
export function redisServer(program: string, port: number, folder?: string): Member {
  const kept = folder ? ['--dir', folder, '--appendonly', 'yes'] : ['--appendonly', 'no']
  if (folder) mkdirSync(folder, { recursive: true })
  return {
    name: 'redis',
    command: program,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', ...kept],
    options: { cwd: '/' },
    ready: () => waitForPort(port),
  }
}

/** The REST front that Upstash has; without a Redis behind it, it is an imitation. */
export function redisRest(port: number, token: string, redisPort?: number): Member {
  const url = redisPort ? [`redis://127.0.0.1:${redisPort}`] : []
  return {
    name: 'redis-rest',
    command: process.execPath,
    args: [path.join(import.meta.dirname, '../redis-rest/server.ts'), String(port), ...url],
    options: { env: { ...process.env, TOKEN: token } },
    ready: () => waitForPort(port),
  }
}

function describe(program: string): RedisEngine {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  const version = /v=([\d.]+)/.exec(stdout)?.[1] ?? ''
  return { name: `${/valkey/i.test(stdout) ? 'Valkey' : 'Redis'} ${version}`, program }
}

// Trying again takes seconds without a network, at every start.
const isRecent = (file: string) =>
  existsSync(file) && Date.now() - statSync(file).mtimeMs < failureLastsMs
