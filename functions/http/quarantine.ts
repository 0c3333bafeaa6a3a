import { Refusal } from '../../lib/errors.ts'
import { http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { keptWhole, pageOfKept } from '../../lib/quarantine/list.ts'
import { replay } from '../../lib/quarantine/replay.ts'
import {
  KeptPage,
  KeptWhole,
  QuarantineQuery,
  Replayed,
  ReplayRequest,
} from '../../lib/quarantine/schema.ts'

const routes = {
  'GET /v1/venues/{venueId}/ingest/quarantine': route(
    {
      access: 'manager',
      summary: 'Events that could not be counted, and why',
      query: QuarantineQuery,
      response: KeptPage,
    },
    ({ venueId, query }) => pageOfKept(venueId, query),
  ),

  'GET /v1/venues/{venueId}/ingest/quarantine/{quarantineId}': route(
    { access: 'manager', summary: 'One of them whole', response: KeptWhole },
    async ({ venueId, params }) => {
      const found = await keptWhole(venueId, params.quarantineId ?? '')
      if (!found) throw new Refusal('not_found', 'There is no such event in quarantine')
      return found
    },
  ),

  'POST /v1/venues/{venueId}/ingest/quarantine/replay': route(
    {
      access: 'manager',
      summary: 'Send quarantined events through the queue again',
      body: ReplayRequest,
      response: Replayed,
      status: 202,
      refuses: ['unprocessable'],
    },
    ({ venueId, body }) => replay(venueId, body),
  ),
}

export const handler = http(routes, once)
