import { Refusal } from '../../lib/errors.ts'
import { http, route } from '../../lib/http.ts'
import { pageOfShows, show } from '../../lib/shows/list.ts'
import { Show, ShowPage, ShowQuery } from '../../lib/shows/schema.ts'

export const handler = http({
  'GET /v1/venues/{venueId}/events': route(
    { access: 'viewer', summary: 'The shows of a venue', query: ShowQuery, response: ShowPage },
    ({ venueId, query }) => pageOfShows(venueId, query),
  ),

  'GET /v1/venues/{venueId}/events/{eventId}': route(
    { access: 'viewer', summary: 'One show', response: Show },
    async ({ venueId, params }) => {
      const found = await show(venueId, params.eventId ?? '')
      if (!found) throw new Refusal('not_found', 'There is no such show')
      return found
    },
  ),
})
