import { http, route } from '../../lib/http.ts'
import { DeadLetters, deadLetters, LetterQuery } from '../../lib/operations/dead-letters.ts'

export const handler = http({
  'GET /v1/ops/dlq': route(
    {
      access: 'ops',
      summary: 'How many dead letters there are, and a look at some',
      query: LetterQuery,
      response: DeadLetters,
    },
    ({ query, now }) => deadLetters(query.limit, now),
  ),
})
