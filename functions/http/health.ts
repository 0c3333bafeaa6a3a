import * as z from 'zod'
import { http, route } from '../../lib/http.ts'

export const handler = http({
  'GET /health': route(
    {
      access: 'public',
      summary: 'Whether the service is alive',
      response: z.object({ status: z.literal('ok') }).meta({ examples: [{ status: 'ok' }] }),
    },
    async () => ({ status: 'ok' }),
  ),
})
