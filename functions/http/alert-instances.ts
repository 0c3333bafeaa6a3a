import {
  Acknowledgement,
  Assignment,
  Comment,
  InstancePage,
  InstanceQuery,
  InstanceWhole,
  Resolution,
} from '../../lib/alerts/instance-schema.ts'
import {
  acknowledge,
  assign,
  comment,
  findInstance,
  pageOfInstances,
  resolve,
} from '../../lib/alerts/instances.ts'
import { http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'

const routes = {
  'GET /v1/venues/{venueId}/alert-instances': route(
    {
      access: 'viewer',
      summary: 'What has fired, the latest first',
      query: InstanceQuery,
      response: InstancePage,
    },
    ({ venueId, query }) => pageOfInstances(venueId, query),
  ),

  'GET /v1/venues/{venueId}/alert-instances/{instanceId}': route(
    {
      access: 'viewer',
      summary: 'One time that an alert fired, with what was done',
      response: InstanceWhole,
      description: 'Of its history the latest thousand entries, in their order.',
    },
    ({ venueId, params }) => findInstance(venueId, params.instanceId ?? ''),
  ),

  'POST /v1/venues/{venueId}/alert-instances/{instanceId}/ack': route(
    {
      access: 'manager',
      summary: 'Take care of what fires',
      body: Acknowledgement,
      response: InstanceWhole,
      refuses: ['conflict'],
      description:
        'Nobody else is told of it any more. Of many at once the first does, the rest are refused.',
    },
    ({ venueId, caller, params, body }) =>
      acknowledge(venueId, params.instanceId ?? '', { by: caller.userId, note: body.note ?? null }),
  ),

  'POST /v1/venues/{venueId}/alert-instances/{instanceId}/assign': route(
    {
      access: 'manager',
      summary: 'Give what fires to somebody, or to nobody',
      body: Assignment,
      response: InstanceWhole,
      refuses: ['conflict'],
    },
    ({ venueId, caller, params, body }) =>
      assign(venueId, params.instanceId ?? '', { by: caller.userId, userId: body.userId }),
  ),

  'POST /v1/venues/{venueId}/alert-instances/{instanceId}/comment': route(
    {
      access: 'manager',
      summary: 'Say something of what fires, or of what is resolved',
      body: Comment,
      response: InstanceWhole,
    },
    ({ venueId, caller, params, body }) =>
      comment(venueId, params.instanceId ?? '', { by: caller.userId, text: body.text }),
  ),

  'POST /v1/venues/{venueId}/alert-instances/{instanceId}/resolve': route(
    {
      access: 'manager',
      summary: 'Resolve what fires by hand',
      body: Resolution,
      response: InstanceWhole,
      refuses: ['conflict'],
      description: 'While its condition holds, it does not fire again; that must end once before.',
    },
    ({ venueId, caller, params, body }) =>
      resolve(venueId, params.instanceId ?? '', { by: caller.userId, reason: body.reason }),
  ),
}

export const handler = http(routes, once)
