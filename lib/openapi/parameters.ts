import * as z from 'zod'
import { venueId } from '../events/fields.ts'
import { eventTypes } from '../events/registry.ts'
import type { Route } from '../http.ts'
import { isUpdate, isWrite } from '../route-kind.ts'
import { type Components, type Part, schemaOf } from './schemas.ts'

const inPath: Record<string, { description: string; schema: z.ZodType; example?: string }> = {
  venueId: { description: 'The venue', schema: venueId, example: 'v-palace' },
  eventId: {
    description: 'The show: the `event_ref.event_id` of its events',
    schema: z.string(),
    example: 'e1',
  },
  metric: {
    description:
      'A name of the catalogue, `GET /v1/metrics`; for `latest` and `aggregate` also one that the venue recorded itself',
    schema: z.string(),
    example: 'net_revenue',
  },
  quarantineId: {
    description: 'The id of a refused message: `id` of the list',
    schema: z.string(),
  },
  scheduleId: {
    description: 'The id of a report schedule: `id` of the list',
    schema: z.string(),
  },
  messageId: { description: 'The id of a message: `id` of the list', schema: z.string() },
  contactPointId: {
    description: 'The id of a contact point: `id` of the list',
    schema: z.string(),
  },
  alertId: { description: 'The id of an alert: `id` of the list', schema: z.string() },
  instanceId: {
    description: 'The id of an alert instance: `id` of the list',
    schema: z.string(),
  },
  silenceId: { description: 'The id of a silence: `id` of the list', schema: z.string() },
  muteWindowId: { description: 'The id of a mute window: `id` of the list', schema: z.string() },
  policyId: {
    description: 'The id of an escalation policy: `id` of the list',
    schema: z.string(),
  },
  key: {
    description: 'A template: `key` of the list',
    schema: z.string(),
    example: 'report-ready',
  },
  locale: { description: 'A language: `locale` of the list', schema: z.string(), example: 'en' },
  job: {
    description:
      'A job: `aggregate`, `cart-abandonment`, `catch-up`, `redrive-dead-letters`, `report-schedules`, `retention`, `tend-exports`, `tend-messages` or `tend-sockets`',
    schema: z.string(),
    example: 'catch-up',
  },
  file: {
    description: 'A file that the page names',
    schema: z.string(),
    example: 'swagger-ui.css',
  },
  type: {
    description: `A type of event (${eventTypes.map((type) => `\`${type}\``).join(', ')}) or a name that the old service had for it`,
    schema: z.string(),
    example: 'order.paid',
  },
}

/** The headers that requests may carry, as components. */
export const headerParameters: Record<string, Part> = {
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag of an earlier answer: 304 without a body while nothing has changed',
    schema: { type: 'string' },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: true,
    description:
      'The ETag that was read: the change is refused with 412 if somebody was faster. `*` for whatever is there',
    schema: { type: 'string' },
    example: '*',
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'A text of your choice that makes repeating safe: for 24 hours the same key with the same body gets the first answer again, and nothing is done twice',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
}

/** Every parameter of a route: of the path, of the query, and the headers it knows. */
export function parametersOf(key: string, route: Route, components: Components): Part[] {
  const names = [...key.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return [
    ...names.map((name) => pathParameter(name, components)),
    ...queryParameters(route, components),
    ...headersOf(key, route).map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ]
}

function pathParameter(name: string, components: Components): Part {
  const { schema = z.string(), ...known } = inPath[name] ?? {}
  return {
    name,
    in: 'path',
    required: true,
    ...known,
    schema: schemaOf(schema, 'input', components),
  }
}

function queryParameters({ query }: Route, components: Components): Part[] {
  if (!query) return []
  const { properties = {}, required = [] } = schemaOf(query, 'input', components) as {
    properties?: Record<string, Part>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, examples, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema,
    ...(Array.isArray(examples) && { example: examples[0] }),
  }))
}

function headersOf(key: string, route: Route): string[] {
  return [
    ...(key.startsWith('GET ') ? ['IfNoneMatch'] : []),
    ...(isUpdate(key) ? ['IfMatch'] : []),
    ...(isWrite(key, route.access) ? ['IdempotencyKey'] : []),
  ]
}
