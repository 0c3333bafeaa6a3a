import type { Aws } from './aws-resources.ts'

type Environment = NodeJS.ProcessEnv
export type Given = {
  database?: string
  mongo?: string
  redis?: { url: string; token: string }
  aws?: Aws
}

/** The stores whose addresses the environment names. */
export function readGiven(env: Environment): Given {
  const { DATABASE_URL, MONGODB_URI, AWS_ENDPOINT_URL } = env
  return {
    ...(DATABASE_URL && { database: DATABASE_URL }),
    ...(MONGODB_URI && { mongo: MONGODB_URI }),
    ...redisOf(env),
    ...(AWS_ENDPOINT_URL && { aws: awsOf(env, AWS_ENDPOINT_URL) }),
  }
}

/** The other two addresses of a database whose role may not create roles. */
export function readGivenRoles(env: Environment) {
  const { DATABASE_URL, DATABASE_OWNER_URL, DATABASE_JOB_URL } = env
  if (!DATABASE_URL || !DATABASE_OWNER_URL || !DATABASE_JOB_URL) {
    const missing = ['DATABASE_OWNER_URL', 'DATABASE_JOB_URL'].filter((name) => !env[name])
    throw new Error(
      `the role of DATABASE_URL may not create roles: set ${missing.join(' and ')} too, ` +
        'or give DATABASE_URL a role that may',
    )
  }
  return { app: DATABASE_URL, owner: DATABASE_OWNER_URL, job: DATABASE_JOB_URL }
}

function redisOf(env: Environment) {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env
  if (!url && !token) return {}
  if (url && token) return { redis: { url, token } }
  throw new Error('UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN go together: set both')
}

const awsOf = (env: Environment, endpoint: string): Aws => ({
  endpoint,
  region: env.AWS_REGION ?? 'us-east-1',
  accessKeyId: env.AWS_ACCESS_KEY_ID ?? 'test',
  secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? 'test',
})
