import { http, route } from '../../lib/http.ts'
import { pageOfWindows } from '../../lib/windows/list.ts'
import { WindowPage, WindowQuery } from '../../lib/windows/schema.ts'

export const handler = http({
  'GET /v1/venues/{venueId}/windows': route(
    {
      access: 'viewer',
      summary: 'Numbers by windows of the venue’s clock, with their revision',
      query: WindowQuery,
      response: WindowPage,
      description:
        'What the job of each minute has made: windows in which something happened, up to the moment that `GET …/data-quality` tells. Minutes are kept for an hour, five minutes for a day, hours for a week, the rest for ever.',
    },
    ({ venueId, query }) => pageOfWindows(venueId, query),
  ),
})
