import { Answer, http, route } from '../../lib/http.ts'
import { Readiness, readiness } from '../../lib/operations/ready.ts'

export const handler = http({
  'GET /ready': route(
    {
      access: 'public',
      summary: 'Whether the service can work, store by store',
      description:
        'Without Postgres or the queue nothing can be counted: then it is `down`, with 503.',
      response: Readiness,
      alsoAnswers: { 503: Readiness },
    },
    async () => {
      const told = await readiness()
      return new Answer(told.status === 'down' ? 503 : 200, told, { 'cache-control': 'no-store' })
    },
  ),
})
