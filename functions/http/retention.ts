import * as z from 'zod'
import { matches } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import {
  changePolicy,
  NewPolicy,
  Policy,
  type Revised,
  readPolicy,
} from '../../lib/retention/policy.ts'
import { Sweep, sweepVenue } from '../../lib/retention/sweep.ts'

const etagOf = (revision: number): string => `"retention-${revision}"`

const answerOf = ({ policy, revision }: Revised): Answer =>
  new Answer(200, policy, { etag: etagOf(revision) })

const Run = z
  .strictObject({ dryRun: z.boolean().meta({ description: 'True: counts, and deletes nothing' }) })
  .meta({ id: 'NewRetentionRun', examples: [{ dryRun: true }] })

/** Well within the function's time: the answer must still be given. */
const mostMs = 20_000

const routes = {
  'GET /v1/venues/{venueId}/privacy/retention': route(
    { access: 'manager', summary: 'How long what is not counted is kept', response: Policy },
    async ({ venueId }) => answerOf(await readPolicy(venueId)),
  ),

  'PUT /v1/venues/{venueId}/privacy/retention': route(
    {
      access: 'owner',
      summary: 'Change how long what is not counted is kept',
      description:
        'By the next night what is older is deleted, by its receipt. Numbers and what proves them are never.',
      body: NewPolicy,
      response: Policy,
    },
    async ({ venueId, caller, body, ifMatch }) => {
      const isCurrent = (revision: number) => matches(ifMatch, etagOf(revision))
      return answerOf(await changePolicy(venueId, caller.userId, body, isCurrent))
    },
  ),

  'POST /v1/venues/{venueId}/privacy/retention/run': route(
    {
      access: 'owner',
      summary: 'Delete what is kept no longer now, or count it',
      body: Run,
      response: Sweep,
    },
    ({ venueId, body, now }) =>
      sweepVenue(venueId, now, {
        isDryRun: body.dryRun,
        endsAt: performance.now() + mostMs,
      }),
  ),
}

export const handler = http(routes, once)
