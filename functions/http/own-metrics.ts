import { http, route } from '../../lib/http.ts'
import { recordValues } from '../../lib/own-metrics/record.ts'
import { NewValue, NewValues, Recorded } from '../../lib/own-metrics/schema.ts'

export const handler = http({
  'POST /v1/venues/{venueId}/metrics': route(
    {
      access: 'manager',
      summary: 'Record a value of a metric of the venue’s own',
      description: 'It is counted like any event; with an `eventId` sending it twice is harmless.',
      body: NewValue,
      response: Recorded,
      status: 202,
    },
    ({ venueId, body, now }) => recordValues(venueId, [body], now),
  ),

  'POST /v1/venues/{venueId}/metrics/bulk': route(
    {
      access: 'manager',
      summary: 'Record values of metrics of the venue’s own',
      body: NewValues,
      response: Recorded,
      status: 202,
    },
    ({ venueId, body, now }) => recordValues(venueId, body, now),
  ),
})
