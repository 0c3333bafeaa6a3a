/** A process that is one instance of the metrics function, for measurements. */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { handler } from '../../functions/http/metrics.ts'
import { observeStatements } from '../../lib/clients/postgres.ts'
import { serve } from './children.ts'
import { context, requestOf } from './gateway.ts'
import type { Statement } from './ingest-worker.ts'

export type Asked = { venueId: string; metric: string; query: Record<string, string> }

async function one({ venueId, metric, query }: Asked): Promise<{ total: number | null }> {
  const route = 'GET /v1/venues/{venueId}/metrics/{metric}'
  const request = requestOf(route, { venueId, metric }, query)
  const answer = (await handler(request as never, context)) as APIGatewayProxyStructuredResultV2
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${answer.body}`)
  return JSON.parse(answer.body ?? '')
}

/** Milliseconds of each of `count` calls. */
async function ask(asked: Asked, count: number): Promise<number[]> {
  const runs: number[] = []
  // In turn: each is measured.
  for (let i = 0; i < count; i += 1) {
    const startedAt = performance.now()
    await one(asked)
    runs.push(performance.now() - startedAt)
  }
  return runs
}

/** The statement that sums, as the planner sends it, and the total of its answer. */
async function planned(asked: Asked): Promise<Statement & { total: number | null }> {
  const sent: Statement[] = []
  const stop = observeStatements((text, parameters) => {
    sent.push({ text, parameters: [...parameters] })
  })
  const { total } = await one(asked)
  stop()
  const statement = sent.find(({ text }) => /^\s*with counted/.test(text))
  if (!statement) throw new Error('the planner sent no sum')
  return { ...statement, total }
}

serve({ ask, planned })
