import path from 'node:path'
import { ensureRoles, mayCreateRoles, type RoleUrls } from '../migrations/roles.ts'
import { type Aws, ensureAwsResources } from './aws-resources.ts'
import { readGiven, readGivenRoles } from './given.ts'
import { serveJwks, tokenAudience, tokenIssuer } from './keys.ts'
import { choosePlace, type Place } from './place.ts'
import { createCrew } from './processes/crew.ts'
import { ownPorts, portsFrom, requireFree } from './processes/ports.ts'
import { releaseHome, takeHome } from './processes/run-record.ts'
import { readSecrets } from './secrets.ts'
import { awsServer, localAws } from './stores/aws.ts'
import { startCompose } from './stores/compose.ts'
import { findMongo } from './stores/find-mongo.ts'
import { mailEnvironment, mailServer } from './stores/mail.ts'
import { documentDbGateway, documentDbServer, mongodServer, mongoUri } from './stores/mongo.ts'
import { findNpmPostgres } from './stores/npm-postgres.ts'
import { adminUrlOf, ensureDatabase, postgresServer } from './stores/postgres-server.ts'
import { findRedis, redisRest, redisServer } from './stores/redis.ts'
import { readTemplate, type Template } from './template.ts'

export type Setup = {
  root: string
  home: string
  portBase: number
  /** False: for tests, in memory or without care for a power failure. */
  isKept: boolean
  /** Databases keep what they acknowledged even when they are killed, though nothing else is kept. */
  isCrashSafe?: boolean
  say: (line: string) => void
  /** A store is gone for good. */
  onLoss: (reason: string) => void
  onChange?: () => void
}
export type Stack = Awaited<ReturnType<typeof startStack>>
type Database = { engine: string; urls: RoleUrls; adminUrl?: string }
type Store<Address> = { engine: string; address: Address }
type Context = Setup & {
  ports: ReturnType<typeof portsFrom>
  crew: Awaited<ReturnType<typeof createCrew>>
  secrets: ReturnType<typeof readSecrets>
  given: ReturnType<typeof readGiven>
  compose: ReturnType<typeof startCompose> | undefined
  place: () => Place
  template: Template
}

const unsafeButFast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
const careOf = ({ isKept, isCrashSafe }: Setup) => (isKept || isCrashSafe ? {} : unsafeButFast)

/**
 * Starts the stores that the environment does not name, and returns the environment for the
 * service. They start side by side and stop with this process, however it ends.
 */
export async function startStack(setup: Setup) {
  const { root, home, isKept, say } = setup
  // Files that another user must read are made here, whatever the caller's habit.
  process.umask(0o022)
  await takeHome(home, say)
  const ports = portsFrom(setup.portBase)
  const crew = await createCrew(setup)
  if (!isKept) crew.removeAfterKill(home)
  const closers: (() => void)[] = []
  const stop = async () => {
    for (const close of closers) close()
    await crew.stopAll()
    releaseHome(home)
  }
  try {
    // Tests own their stores: an address in the environment is somebody's data.
    const isCompose = isKept && process.env.STACK === 'compose'
    await requireFree(ports, isCompose ? ownPorts : undefined)
    const secrets = readSecrets(home)
    const compose = isCompose ? startCompose(root, home, ports, secrets) : undefined
    if (compose) closers.push(compose.stop)
    let place: Place | undefined
    const context: Context = {
      ...setup,
      ports,
      crew,
      secrets,
      given: isKept ? readGiven(process.env) : {},
      compose,
      place: () => (place ??= choosePlace(home)),
      template: readTemplate(root),
    }
    const jwks = await serveJwks(home, ports.jwks)
    closers.push(jwks.close)
    const [postgres, mongo, redis, aws] = await Promise.all([
      startPostgres(context),
      startMongo(context),
      startRedis(context),
      startAws(context),
      crew.start(mailServer(ports.mail)),
    ])
    return {
      ports,
      crew,
      stop,
      template: context.template,
      roles: postgres.urls,
      mongoUri: mongo.address,
      adminUrl: postgres.adminUrl,
      aws: aws.address.aws,
      /** Elsewhere than `home` where the servers' user cannot enter that. */
      dataFolder: place?.data,
      engines: {
        postgres: postgres.engine,
        mongo: mongo.engine,
        redis: redis.engine,
        aws: aws.engine,
      },
      pids: () => ({
        postgres: crew.pid('postgres'),
        mongo: crew.pid('mongo'),
        redis: crew.pid('redis') ?? crew.pid('redis-rest'),
        aws: crew.pid('aws'),
        mail: crew.pid('mail'),
      }),
      environment: {
        STAGE: 'local',
        DATABASE_URL: postgres.urls.app,
        DATABASE_JOB_URL: postgres.urls.job,
        DATABASE_OWNER_URL: postgres.urls.owner,
        MONGODB_URI: mongo.address,
        UPSTASH_REDIS_REST_URL: redis.address.url,
        UPSTASH_REDIS_REST_TOKEN: redis.address.token,
        AWS_ENDPOINT_URL: aws.address.aws.endpoint,
        AWS_REGION: aws.address.aws.region,
        AWS_ACCESS_KEY_ID: aws.address.aws.accessKeyId,
        AWS_SECRET_ACCESS_KEY: aws.address.aws.secretAccessKey,
        ...aws.address.resources,
        JWKS_URL: jwks.url,
        TOKEN_ISSUER: tokenIssuer,
        TOKEN_AUDIENCE: tokenAudience,
        PSEUDONYM_SECRET: secrets.pseudonym,
        ...mailEnvironment(ports.mail),
        WEBSOCKET_ENDPOINT: `http://127.0.0.1:${ports.websocket}`,
      } as Record<string, string>,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startPostgres(context: Context): Promise<Database> {
  const { given, compose, secrets, crew, ports, isKept } = context
  if (given.database && !(await mayCreateRoles(given.database))) {
    return { engine: 'DATABASE_URL', urls: readGivenRoles(process.env) }
  }
  const known = given.database ?? compose?.postgresAdmin
  if (known) {
    const engine = given.database ? 'DATABASE_URL' : 'PostgreSQL 18 (Docker)'
    return { engine, urls: await ensureRoles(known, secrets), adminUrl: known }
  }
  const place = context.place()
  const { port, password } = { port: ports.postgres, password: secrets.postgres }
  const settings = { ...careOf(context), ...(!isKept && { max_connections: '300' }) }
  const bin = await findNpmPostgres(place)
  await crew.start(await postgresServer({ name: 'postgres', bin, port, password, place, settings }))
  await ensureDatabase(adminUrlOf({ port, password }), 'turnout')
  const adminUrl = adminUrlOf({ port, password }, 'turnout')
  return { engine: 'PostgreSQL 18', urls: await ensureRoles(adminUrl, secrets), adminUrl }
}

async function startMongo(context: Context): Promise<Store<string>> {
  const { given, compose, crew, ports, secrets, home, say } = context
  if (given.mongo) return { engine: 'MONGODB_URI', address: given.mongo }
  if (compose) return { engine: 'MongoDB 8 (Docker)', address: compose.mongo }
  const place = context.place()
  const found = await findMongo({ home, cache: place.cache, say })
  if (found.kind === 'mongod') {
    await crew.start(mongodServer(found.program, place, ports.mongo))
  } else {
    const settings = careOf(context)
    const { engine } = found
    await crew.start(await documentDbServer(engine, place, ports, secrets.documentdb, settings))
    await crew.start(documentDbGateway(ports, secrets.documentdb))
  }
  return { engine: found.name, address: mongoUri(ports.mongo) }
}

async function startRedis(context: Context): Promise<Store<{ url: string; token: string }>> {
  const { given, compose, crew, ports, secrets, isKept, say } = context
  if (given.redis) return { engine: 'UPSTASH_REDIS_REST_URL', address: given.redis }
  if (compose) return { engine: 'Redis 8 (Docker)', address: compose.redis }
  const { cache, data } = context.place()
  const { name, program } = await findRedis(cache, isKept, say)
  const folder = isKept ? path.join(data, 'redis') : undefined
  if (program) await crew.start(redisServer(program, ports.redis, folder))
  await crew.start(
    redisRest(ports.redisRest, secrets.redisToken, program ? ports.redis : undefined),
  )
  const url = `http://127.0.0.1:${ports.redisRest}`
  return { engine: name, address: { url, token: secrets.redisToken } }
}

type AwsAddress = { aws: Aws; resources: Record<string, string> }

async function startAws(context: Context): Promise<Store<AwsAddress>> {
  const { given, compose, crew, ports, isKept, template } = context
  const aws = given.aws ?? compose?.aws ?? localAws(ports.aws)
  let resources: Record<string, string> = {}
  const ensure = async () => {
    resources = await ensureAwsResources(aws, template.resources)
  }
  if (given.aws || compose) {
    await ensure()
    const engine = given.aws ? 'AWS_ENDPOINT_URL' : 'LocalStack 4.14 (Docker)'
    return { engine, address: { aws, resources } }
  }
  const folder = isKept ? path.join(context.place().data, 'aws') : undefined
  await crew.start(awsServer(aws, ports.aws, folder, ensure))
  return { engine: 'fauxqs', address: { aws, resources } }
}
