import { Refusal } from '../../lib/errors.ts'
import { http, route } from '../../lib/http.ts'
import { pageOfStrays, strayWhole } from '../../lib/strays/list.ts'
import { StrayPage, StrayQuery, StrayWhole } from '../../lib/strays/schema.ts'

export const handler = http({
  'GET /v1/ops/quarantine': route(
    {
      access: 'ops',
      summary: 'Messages in which no venue can be read',
      query: StrayQuery,
      response: StrayPage,
    },
    ({ query }) => pageOfStrays(query),
  ),

  'GET /v1/ops/quarantine/{quarantineId}': route(
    { access: 'ops', summary: 'One of them whole', response: StrayWhole },
    async ({ params }) => {
      const found = await strayWhole(params.quarantineId ?? '')
      if (!found) throw new Refusal('not_found', 'There is no such message in quarantine')
      return found
    },
  ),
})
