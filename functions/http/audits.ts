import * as z from 'zod'
import { pageOfRuns, runWhole } from '../../lib/audit/list.ts'
import { requestAudit } from '../../lib/audit/request.ts'
import { AuditRequest, Run, RunPage, RunWhole } from '../../lib/audit/schema.ts'
import { Refusal } from '../../lib/errors.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { pageFields } from '../../lib/paging.ts'

const routes = {
  'GET /v1/venues/{venueId}/audit': route(
    {
      access: 'analyst',
      summary: 'Audits of the venue',
      query: z.strictObject(pageFields),
      response: RunPage,
    },
    ({ venueId, query }) => pageOfRuns(venueId, query),
  ),

  'GET /v1/venues/{venueId}/audit/{runId}': route(
    { access: 'analyst', summary: 'One audit and what it found', response: RunWhole },
    async ({ venueId, params }) => {
      const found = await runWhole(venueId, params.runId ?? '')
      if (!found) throw new Refusal('not_found', 'There is no such audit')
      return found
    },
  ),

  'POST /v1/venues/{venueId}/audit/run': route(
    {
      access: 'analyst',
      summary: 'Audit business days now',
      body: AuditRequest,
      response: Run,
      status: 202,
      refuses: ['unprocessable'],
      description:
        'Compares everything that is made from the ledger with the ledger and puts right what differs; the ledger is never changed. Whole business days, 31 at most; yesterday where nothing is said. `Location` names the run.',
    },
    async ({ venueId, body, now, onceId }) => {
      const run = await requestAudit(venueId, body, { now, onceId })
      return new Answer(202, run, { location: `/v1/venues/${venueId}/audit/${run.id}` })
    },
  ),
}

export const handler = http(routes, once)
