import { HeadBucketCommand } from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import * as z from 'zod'
import { pingMongo } from '../clients/mongo.ts'
import { withoutTenant } from '../clients/postgres.ts'
import { redis } from '../clients/redis.ts'
import { s3 } from '../clients/s3.ts'
import { sqs } from '../clients/sqs.ts'
import { config } from '../config.ts'
import { DeadlinePassed, within } from '../deadline.ts'
import type { StoreName } from '../errors.ts'

const Store = z
  .object({ ok: z.boolean(), latencyMs: z.int(), error: z.string().optional() })
  .meta({ id: 'StoreReadiness' })

export const Readiness = z
  .object({
    status: z.enum(['ok', 'degraded', 'down']),
    stores: z.object({ postgres: Store, mongo: Store, redis: Store, queue: Store, objects: Store }),
  })
  .meta({
    id: 'Readiness',
    examples: [
      {
        status: 'degraded',
        stores: {
          postgres: { ok: true, latencyMs: 2 },
          mongo: { ok: true, latencyMs: 3 },
          redis: { ok: false, latencyMs: 200, error: 'does not answer' },
          queue: { ok: true, latencyMs: 9 },
          objects: { ok: true, latencyMs: 11 },
        },
      },
    ],
  })
export type Readiness = z.infer<typeof Readiness>

const deadlineMs = 2000
/** Without these nothing is counted; without the others numbers are right all the same. */
const vital: StoreName[] = ['postgres', 'queue']

// What has passed the deadline must let go of its connection: a client has only so many.
const untilDeadline = () => ({ abortSignal: AbortSignal.timeout(deadlineMs) })

const checks: Record<StoreName, () => Promise<unknown>> = {
  postgres: () => withoutTenant((tx) => tx`select 1`),
  mongo: pingMongo,
  redis: () => redis().ping(),
  queue: () => {
    const { EVENTS_QUEUE_URL: QueueUrl } = config('queues')
    return sqs().send(new GetQueueAttributesCommand({ QueueUrl }), untilDeadline())
  },
  objects: () => {
    const { EXPORTS_BUCKET: Bucket } = config('objects')
    return s3().send(new HeadBucketCommand({ Bucket }), untilDeadline())
  },
}

/** Asks each store at once, for two seconds at most. */
export async function readiness(): Promise<Readiness> {
  const names = Object.keys(checks) as StoreName[]
  const answers = await Promise.all(names.map((name) => ask(checks[name])))
  const stores = Object.fromEntries(
    names.map((name, i) => [name, answers[i]]),
  ) as Readiness['stores']
  const away = names.filter((name) => !stores[name].ok)
  const isDown = away.some((name) => vital.includes(name))
  return { status: isDown ? 'down' : away.length > 0 ? 'degraded' : 'ok', stores }
}

async function ask(check: () => Promise<unknown>): Promise<z.infer<typeof Store>> {
  const startedAt = performance.now()
  const latency = () => Math.round(performance.now() - startedAt)
  try {
    await within(deadlineMs, check())
    return { ok: true, latencyMs: latency() }
  } catch (error) {
    // What the driver says may hold addresses and names: the caller learns the kind, the log more.
    const reason = error instanceof DeadlinePassed ? error.message : 'does not answer'
    return { ok: false, latencyMs: latency(), error: reason }
  }
}
