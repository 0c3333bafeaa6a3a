import * as z from 'zod'
import { Refusal } from '../../lib/errors.ts'
import { http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import {
  isJob,
  pageOfRuns,
  RunAsked,
  RunPage,
  RunQuery,
  runJob,
} from '../../lib/operations/jobs.ts'

const Done = z
  .object({ job: z.string(), counts: z.record(z.string(), z.number()) })
  .meta({ id: 'Done', examples: [{ job: 'redrive-dead-letters', counts: { redriven: 3 } }] })

const routes = {
  'GET /v1/ops/jobs': route(
    { access: 'ops', summary: 'Runs of jobs', query: RunQuery, response: RunPage },
    ({ query }) => pageOfRuns(query),
  ),

  'POST /v1/ops/jobs/{job}/run': route(
    { access: 'ops', summary: 'Run a job now', query: RunAsked, response: Done },
    async ({ params: { job = '' }, query, now }) => {
      if (!isJob(job)) throw new Refusal('not_found', 'There is no such job')
      return { job, counts: await runJob(job, now, query.dryRun) }
    },
  ),

  'POST /v1/ops/dlq/redrive': route(
    { access: 'ops', summary: 'Send dead letters back to the queue now', response: Done },
    async ({ now }) => ({
      job: 'redrive-dead-letters',
      counts: await runJob('redrive-dead-letters', now),
    }),
  ),
}

export const handler = http(routes, once)
