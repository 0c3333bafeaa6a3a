import * as z from 'zod'
import {
  addPolicy,
  changePolicy,
  findPolicy,
  pageOfPolicies,
  removePolicy,
} from '../../lib/alerts/policies.ts'
import { NewPolicy, Policy, PolicyChange, PolicyPage } from '../../lib/alerts/policy-schema.ts'
import type { Revised } from '../../lib/alerts/policy-store.ts'
import { matches } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { pageFields } from '../../lib/paging.ts'

const etagOf = (id: string, revision: number): string => `"escalation-policy-${id}-${revision}"`
const answerOf = ({ policy, revision }: Revised, more = {}, status = 200): Answer =>
  new Answer(status, policy, { etag: etagOf(policy.id, revision), ...more })

const routes = {
  'GET /v1/venues/{venueId}/escalation-policies': route(
    {
      access: 'viewer',
      summary: 'Who is told when nobody takes care, the latest first',
      query: z.strictObject(pageFields),
      response: PolicyPage,
    },
    ({ venueId, query }) => pageOfPolicies(venueId, query),
  ),

  'POST /v1/venues/{venueId}/escalation-policies': route(
    {
      access: 'manager',
      summary: 'Say who is told when nobody takes care',
      body: NewPolicy,
      response: Policy,
      status: 201,
      refuses: ['unprocessable'],
      description:
        'Its steps are taken one after another until somebody acknowledges what fires, or it is over. At most 100 for a venue.',
    },
    async ({ venueId, caller, body: wish, onceId }) => {
      const made = await addPolicy(venueId, { userId: caller.userId, wish, onceId })
      const location = `/v1/venues/${venueId}/escalation-policies/${made.policy.id}`
      return answerOf(made, { location }, 201)
    },
  ),

  'GET /v1/venues/{venueId}/escalation-policies/{policyId}': route(
    { access: 'viewer', summary: 'One escalation policy', response: Policy },
    async ({ venueId, params }) => answerOf(await findPolicy(venueId, params.policyId ?? '')),
  ),

  'PATCH /v1/venues/{venueId}/escalation-policies/{policyId}': route(
    {
      access: 'manager',
      summary: 'Change an escalation policy',
      body: PolicyChange,
      response: Policy,
      refuses: ['unprocessable'],
      description: 'What is left out stays; the steps are changed as one.',
    },
    async ({ venueId, params, body, ifMatch }) => {
      const isCurrent = (id: string, revision: number) => matches(ifMatch, etagOf(id, revision))
      return answerOf(await changePolicy(venueId, params.policyId ?? '', body, isCurrent))
    },
  ),

  'DELETE /v1/venues/{venueId}/escalation-policies/{policyId}': route(
    {
      access: 'manager',
      summary: 'Delete an escalation policy',
      response: z.undefined(),
      status: 204,
      refuses: ['conflict'],
      description: 'Refused while alerts follow it; the answer tells which.',
    },
    async ({ venueId, params }) => {
      await removePolicy(venueId, params.policyId ?? '')
      return new Answer(204, undefined)
    },
  ),
}

export const handler = http(routes, once)
