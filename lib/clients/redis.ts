import { Redis } from '@upstash/redis'
import { config } from '../config.ts'

let client: Redis | undefined
const timeoutMs = 2000

/** The REST client: no retries; who may wait less than two seconds sets a deadline of their own. */
export function redis(): Redis {
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = config('redis')
  client ??= new Redis({
    url: UPSTASH_REDIS_REST_URL,
    token: UPSTASH_REDIS_REST_TOKEN,
    retry: false,
    automaticDeserialization: false,
    enableTelemetry: false,
    signal: () => AbortSignal.timeout(timeoutMs),
  })
  return client
}

/** A key of one venue; parts are encoded, so that no part can reach into another venue or a glob. */
export const tenantKey = (venueId: string, ...parts: string[]): string =>
  `t:{${encodeURIComponent(venueId)}}:${parts.map(encodeURIComponent).join(':')}`

/** What may be waited for Redis where everything goes on without it. */
export const redisDeadlineMs = (): number => config('redis').REDIS_DEADLINE_MS
