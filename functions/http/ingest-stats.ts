import { http, route } from '../../lib/http.ts'
import { ingestStats, Stats, StatsQuery } from '../../lib/intake/stats.ts'

export const handler = http({
  'GET /v1/venues/{venueId}/ingest/stats': route(
    {
      access: 'manager',
      summary: 'What came in and what became of it',
      query: StatsQuery,
      response: Stats,
      refuses: ['unprocessable'],
    },
    ({ venueId, query, now }) => ingestStats(venueId, query, now),
  ),
})
