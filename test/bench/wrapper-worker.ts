/** A process that calls wrapped handlers which do nothing; its log goes where its output goes. */
import type { Context } from 'aws-lambda'
import * as z from 'zod'
import { http, route } from '../../lib/http.ts'
import { queue } from '../../lib/queue.ts'
import { delivery } from '../support/events.ts'
import { serve } from './children.ts'
import { context, requestOf } from './gateway.ts'

const answer = { ok: true }
const routes = {
  'GET /v1/venues/{venueId}/nothing': route(
    { access: 'viewer', summary: 'Nothing', response: z.object({ ok: z.boolean() }) },
    async () => answer,
  ),
}
const request = requestOf('GET /v1/venues/{venueId}/nothing', { venueId: 'palace' })
const messages = delivery(...Array.from({ length: 10 }, () => ({ id: 1 })))

type Handler = (event: never, context: Context) => unknown
const handlers: Record<string, () => Promise<unknown>> = {
  bare: async () => ({ statusCode: 200, body: JSON.stringify(answer) }),
  http: callOf(http(routes), request),
  queue: callOf(
    queue(async () => ({ failed: [], counts: {} })),
    messages,
  ),
}

function callOf(handler: Handler, event: object): () => Promise<unknown> {
  return async () => handler(event as never, context)
}

/** Microseconds of each of `count` calls. */
async function time(name: string, count: number): Promise<number[]> {
  const call = handlers[name]
  if (!call) throw new Error(`there is no handler ${name}`)
  const runs: number[] = []
  for (let i = 0; i < count; i += 1) {
    const startedAt = process.hrtime.bigint()
    await call()
    runs.push(Number(process.hrtime.bigint() - startedAt) / 1000)
  }
  return runs
}

serve({ time })
