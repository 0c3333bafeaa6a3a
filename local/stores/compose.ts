import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import path from 'node:path'
import type { Aws } from '../aws-resources.ts'
import type { Ports } from '../processes/ports.ts'
import type { Secrets } from '../secrets.ts'

export type ComposeStores = {
  postgresAdmin: string
  mongo: string
  redis: { url: string; token: string }
  aws: Aws
  stop: () => void
}

/** Starts the Docker services of localstack-compose.yml and waits until they are healthy. */
export function startCompose(
  root: string,
  home: string,
  ports: Ports,
  secrets: Secrets,
): ComposeStores {
  const mark = createHash('sha256').update(path.resolve(home)).digest('hex').slice(0, 8)
  const file = path.join(root, 'localstack-compose.yml')
  const compose = (...args: string[]) =>
    spawnSync('docker', ['compose', '-f', file, '-p', `turnout-${mark}`, ...args], {
      stdio: ['ignore', 2, 2],
      env: {
        ...process.env,
        TURNOUT_POSTGRES_PORT: String(ports.postgres),
        TURNOUT_POSTGRES_PASSWORD: secrets.postgres,
        TURNOUT_MONGO_PORT: String(ports.mongo),
        TURNOUT_REDIS_REST_PORT: String(ports.redisRest),
        TURNOUT_REDIS_TOKEN: secrets.redisToken,
        TURNOUT_AWS_PORT: String(ports.aws),
      },
    })
  const { status, error } = compose('up', '--detach', '--wait')
  if (status !== 0) {
    throw new Error(`docker compose could not start the stores${error ? `: ${error.message}` : ''}`)
  }
  return {
    postgresAdmin: `postgres://postgres:${secrets.postgres}@127.0.0.1:${ports.postgres}/turnout`,
    mongo: `mongodb://127.0.0.1:${ports.mongo}/turnout?directConnection=true`,
    redis: { url: `http://127.0.0.1:${ports.redisRest}`, token: secrets.redisToken },
    aws: {
      endpoint: `http://127.0.0.1:${ports.aws}`,
      region: 'us-east-1',
      accessKeyId: 'test',
      secretAccessKey: 'test',
    },
    stop: () => compose('stop'),
  }
}
