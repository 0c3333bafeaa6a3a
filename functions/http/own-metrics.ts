import { http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { recordValues } from '../../lib/own-metrics/record.ts'
import { NewValue, NewValues, Recorded } from '../../lib/own-metrics/schema.ts'

const routes = {
  'POST /v1/venues/{venueId}/metrics': route(
    {
      access: 'manager',
      summary: 'Record a value of a metric of the venue’s own',
      description: 'It is counted like any event; with an `eventId` sending it twice is harmless.',
      body: NewValue,
      response: Recorded,
      status: 202,
    },
    ({ venueId, body, now, onceId }) => recordValues(venueId, [body], now, onceId, false),
  ),

  'POST /v1/venues/{venueId}/metrics/bulk': route(
    {
      access: 'manager',
      summary: 'Record values of metrics of the venue’s own',
      body: NewValues,
      response: Recorded,
      status: 202,
    },
    ({ venueId, body, now, onceId }) => recordValues(venueId, body, now, onceId, true),
  ),
}

export const handler = http(routes, once)
