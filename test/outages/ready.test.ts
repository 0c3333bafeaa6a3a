import { handler as ready } from '../../functions/http/ready.ts'
import { call, closeStores } from '../support/service.ts'
import { type ChaosProxy, chaosProxy } from './chaos-proxy.ts'

const { AWS_ENDPOINT_URL = '', UPSTASH_REDIS_REST_URL = '', EVENTS_QUEUE_URL = '' } = process.env
let aws: ChaosProxy
let redis: ChaosProxy

const before = (address: string) => {
  const { hostname, port } = new URL(address)
  return chaosProxy({ host: hostname, port: Number(port) })
}

beforeAll(async () => {
  aws = await before(AWS_ENDPOINT_URL)
  redis = await before(UPSTASH_REDIS_REST_URL)
  process.env.AWS_ENDPOINT_URL = aws.through(AWS_ENDPOINT_URL)
  process.env.EVENTS_QUEUE_URL = aws.through(EVENTS_QUEUE_URL)
  process.env.UPSTASH_REDIS_REST_URL = redis.through(UPSTASH_REDIS_REST_URL)
})
afterAll(async () => {
  await closeStores()
  await Promise.all([aws.close(), redis.close()])
})

const ask = () => call(ready, 'GET /ready')

test('however often it was asked in a silence, /ready is well when the stores are back', async () => {
  expect((await ask()).body.status).toBe('ok')
  await Promise.all([aws.become({ kind: 'silent' }), redis.become({ kind: 'silent' })])
  // More questions than a client keeps connections.
  const answers = await Promise.all(Array.from({ length: 60 }, ask))
  for (const { status, body } of answers) {
    expect([status, body.status]).toEqual([503, 'down'])
    expect([body.stores.queue.ok, body.stores.objects.ok, body.stores.redis.ok]).toEqual([
      false,
      false,
      false,
    ])
  }
  await Promise.all([aws.become({ kind: 'pass' }), redis.become({ kind: 'pass' })])
  const { body } = await ask()
  expect([body.status, body.stores]).toEqual(['ok', expect.anything()])
})

test('a Redis that answers after half a second is slow, not away', async () => {
  await redis.become({ kind: 'slow', ms: 500 })
  expect((await ask()).body.stores.redis.ok).toBe(true)
  await redis.become({ kind: 'pass' })
})
