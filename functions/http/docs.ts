import * as z from 'zod'
import { asset } from '../../lib/docs/assets.ts'
import { page, policy } from '../../lib/docs/page.ts'
import { Refusal } from '../../lib/errors.ts'
import { Answer, http, route } from '../../lib/http.ts'
// Written from the routes by test/rules/openapi.test.ts, which fails where it is not as they are.
// The routes themselves would bring every driver into this function.
import document from '../../lib/openapi/document.json' with { type: 'json' }

const Document = z.looseObject({
  openapi: z.string(),
  info: z.record(z.string(), z.unknown()),
  paths: z.record(z.string(), z.unknown()),
})

export const handler = http({
  'GET /docs': route(
    {
      access: 'public',
      summary: 'This documentation as a page',
      response: z.string(),
      mediaType: 'text/html',
    },
    async () =>
      new Answer(200, page, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
      }),
  ),

  'GET /docs/{file}': route(
    {
      access: 'public',
      summary: 'A script or style sheet of the page',
      response: z.string(),
      mediaType: 'text/*',
    },
    async ({ params }) => {
      const found = await asset(params.file ?? '')
      if (!found) throw new Refusal('not_found', 'There is nothing at this address')
      return new Answer(200, found.text, { 'content-type': found.mediaType })
    },
  ),

  'GET /v1/openapi.json': route(
    { access: 'public', summary: 'This documentation as OpenAPI 3.1', response: Document },
    async () => document,
  ),
})
