import * as z from 'zod'
import { Refusal } from '../../lib/errors.ts'
import { canonicalType, jsonSchemas, registry } from '../../lib/events/registry.ts'
import { Answer, http, route } from '../../lib/http.ts'

const Type = z
  .object({ type: z.string(), version: z.int(), title: z.string(), url: z.string() })
  .meta({
    id: 'EventType',
    examples: [
      { type: 'order.paid', version: 1, title: 'An order was paid', url: '/v1/schemas/order.paid' },
    ],
  })
const Types = z.object({ items: z.array(Type), nextCursor: z.null() })
const Schema = z
  .looseObject({ $schema: z.url(), title: z.string(), examples: z.array(z.unknown()).min(1) })
  .meta({ description: 'JSON Schema 2020-12, with a full example' })

export const handler = http({
  'GET /v1/schemas': route(
    { access: 'public', summary: 'The types of events', response: Types },
    async () => ({
      items: [...registry].map(([type, { version, title }]) => ({
        type,
        version,
        title,
        url: `/v1/schemas/${type}`,
      })),
      nextCursor: null,
    }),
  ),

  'GET /v1/schemas/{type}': route(
    {
      access: 'public',
      summary: 'The JSON Schema of one type of event',
      response: Schema,
      mediaType: 'application/schema+json',
    },
    async ({ params }) => {
      const type = canonicalType(params.type ?? '')
      if (!type) throw new Refusal('not_found', 'There is no such type of event')
      return new Answer(200, jsonSchemas()[type], { 'content-type': 'application/schema+json' })
    },
  ),
})
