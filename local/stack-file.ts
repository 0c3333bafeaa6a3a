import path from 'node:path'
import type { Stack } from './stack.ts'

/** What stack.json tells other programs about the running system. */
export function describeStack({ ports, environment, aws, engines, pids, crew }: Stack) {
  return {
    http: `http://127.0.0.1:${ports.http}`,
    websocket: `ws://127.0.0.1:${ports.websocket}`,
    aws,
    queues: {
      events: environment.EVENTS_QUEUE_URL,
      eventsDeadLetter: environment.EVENTS_DEAD_LETTER_QUEUE_URL,
    },
    bucket: environment.EXPORTS_BUCKET,
    postgres: environment.DATABASE_URL,
    postgresOwner: environment.DATABASE_OWNER_URL,
    mongo: environment.MONGODB_URI,
    redis: {
      url: environment.UPSTASH_REDIS_REST_URL,
      token: environment.UPSTASH_REDIS_REST_TOKEN,
    },
    jwks: environment.JWKS_URL,
    mail: `http://127.0.0.1:${ports.mail}`,
    engines,
    pids: { ...pids(), service: crew.pid('service') },
  }
}

/** The addresses for a person; secrets are in stack.json. */
export function stackTable(stack: Stack, home: string) {
  const { http, websocket, aws, postgres, mongo, redis, jwks, mail, engines } = describeStack(stack)
  const rows = [
    ['HTTP', http, ''],
    ['docs', `${http}/docs`, ''],
    ['sockets', websocket, ''],
    ['SQS and S3', aws.endpoint, engines.aws],
    ['Postgres', withoutPassword(postgres), engines.postgres],
    ['Mongo', withoutPassword(mongo), engines.mongo],
    ['Redis', redis.url ?? '', engines.redis],
    ['keys', jwks ?? '', ''],
    ['messages', mail, 'e-mail, SMS, push and /hooks/… end here'],
    ['state', home, `logs in ${path.join(home, 'logs')}`],
    ...(stack.dataFolder && stack.dataFolder !== home ? [['data', stack.dataFolder, '']] : []),
  ]
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const withoutPassword = (url = '') => url.replace(/(\/\/[^:/@]*):[^@/]*@/, '$1@')
