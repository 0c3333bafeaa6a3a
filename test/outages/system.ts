import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { findFreeBase } from '../../local/processes/ports.ts'
import { type Stack, startStack } from '../../local/stack.ts'
import { type ChaosProxy, chaosProxy, type Weather } from './chaos-proxy.ts'

/** The four stores as the service reaches them: SQS and S3 have one address. */
export const stores = ['postgres', 'mongo', 'redis', 'queue'] as const
export type Store = (typeof stores)[number]
export type System = Awaited<ReturnType<typeof startSystem>>

const root = path.resolve(import.meta.dirname, '../..')
const fair: Weather = { kind: 'pass' }

/**
 * The real system: stores of its own, a chaos proxy before each, and `npm start -- --empty` with
 * addresses in the environment that lead through the proxies.
 */
export async function startSystem(say: (line: string) => void) {
  const home = mkdtempSync(path.join(os.tmpdir(), 'turnout-outages-'))
  // Readable for the user that the database servers run as.
  chmodSync(home, 0o755)
  const stack = await startStack({
    root,
    home: path.join(home, 'stores'),
    portBase: await findFreeBase(),
    isKept: false,
    say,
    onLoss: (reason) => {
      say(reason)
      process.exit(1)
    },
  })
  stack.crew.removeAfterKill(home)
  const proxies = await proxiesOf(stack)
  const environment = leading(stack.environment, proxies)
  const serviceHome = path.join(home, 'service')
  const http = process.env.TURNOUT_PORT_BASE || String(await findFreeBase())
  const service = spawn(process.execPath, ['local/start.ts', '--empty'], {
    cwd: root,
    // The fourth stream tells it when we are gone, in whatever way.
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: {
      ...process.env,
      ...{ MONGO_DEADLINE_MS: '', REDIS_DEADLINE_MS: '' },
      ...environment,
      TURNOUT_HOME: serviceHome,
      TURNOUT_PORT_BASE: http,
      TURNOUT_PARENT_FD: '3',
    },
  })
  await isReady(service)
  return {
    home: serviceHome,
    http: `http://127.0.0.1:${http}`,
    stack,
    /** The queue as the platform reaches it. */
    eventsQueueUrl: environment.EVENTS_QUEUE_URL ?? '',
    awsEndpoint: environment.AWS_ENDPOINT_URL ?? '',
    /** Everything the functions wrote to their log. */
    log: () => readFileSync(path.join(serviceHome, 'logs/service.log'), 'utf8'),
    /** Gives each named store the weather, and the others a fair one. */
    async become(weather: Weather, names: readonly Store[]) {
      await Promise.all(
        stores.map((name) => proxies[name].become(names.includes(name) ? weather : fair)),
      )
    },
    async stop() {
      service.kill('SIGTERM')
      if (service.exitCode === null && service.signalCode === null) await once(service, 'exit')
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()))
      await stack.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function isReady(service: ReturnType<typeof spawn>) {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    service.stdout?.on('data', (chunk) => {
      said += chunk
      if (/^READY$/m.test(said)) resolve()
    })
    service.once('exit', () => reject(new Error(`the system did not start:\n${said}`)))
  })
}

async function proxiesOf({ environment }: Stack): Promise<Record<Store, ChaosProxy>> {
  const before = (name: string) => {
    const { hostname, port } = new URL(environment[name] ?? '')
    return chaosProxy({ host: hostname, port: Number(port) })
  }
  const [postgres, mongo, redis, queue] = await Promise.all([
    before('DATABASE_URL'),
    before('MONGODB_URI'),
    before('UPSTASH_REDIS_REST_URL'),
    before('AWS_ENDPOINT_URL'),
  ])
  return { postgres, mongo, redis, queue }
}

function leading(environment: Record<string, string>, proxies: Record<Store, ChaosProxy>) {
  const ways: [RegExp, Store][] = [
    [/^DATABASE_(URL|JOB_URL|OWNER_URL)$/, 'postgres'],
    [/^MONGODB_URI$/, 'mongo'],
    [/^UPSTASH_REDIS_REST_URL$/, 'redis'],
    [/^(AWS_ENDPOINT_URL|\w+_QUEUE_URL)$/, 'queue'],
  ]
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      const [, store] = ways.find(([pattern]) => pattern.test(name)) ?? []
      return [name, store ? withoutSlash(proxies[store].through(value)) : value]
    }),
  )
}

const withoutSlash = (url: string) => url.replace(/(?<=:\d+)\/$/, '')
