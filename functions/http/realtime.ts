import { cacheStatus } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { once } from '../../lib/idempotency/once.ts'
import { LatestQuery } from '../../lib/metrics/question.ts'
import { type Answered, askRealtime, askRealtimeMetric } from '../../lib/realtime/ask.ts'
import { askCounter, resetCounter } from '../../lib/realtime/counters.ts'
import { askGauge } from '../../lib/realtime/gauges.ts'
import {
  Counter,
  CounterReset,
  Gauge,
  Realtime,
  RealtimeMetric,
} from '../../lib/realtime/schema.ts'

const answerOf = ({ told, isHit }: Answered<unknown>): Answer =>
  new Answer(200, told, cacheStatus(isHit))

const routes = {
  'GET /v1/venues/{venueId}/realtime': route(
    {
      access: 'viewer',
      summary: 'The running day, live',
      response: Realtime,
      headers: ['Cache-Status'],
      description:
        'Each number of the running business day beside the same stretch of the day before, to the minute. `changePct` is null where there was nothing before. Money is told once for each currency.',
    },
    async ({ venueId, now }) => answerOf(await askRealtime(venueId, now)),
  ),

  'GET /v1/venues/{venueId}/realtime/{metric}': route(
    {
      access: 'viewer',
      summary: 'One metric of the running day, live',
      query: LatestQuery,
      response: RealtimeMetric,
      headers: ['Cache-Status'],
      refuses: ['unprocessable'],
    },
    async ({ venueId, params: { metric = '' }, query, now }) =>
      answerOf(await askRealtimeMetric(venueId, metric, query.currency, now)),
  ),

  'GET /v1/venues/{venueId}/realtime/counters/{name}': route(
    {
      access: 'viewer',
      summary: 'A counter of the running day',
      query: LatestQuery,
      response: Counter,
      refuses: ['unprocessable'],
      description:
        'What was recorded in the running business day since the last reset: the sum of an additive metric, or how often a metric of the venue’s own was recorded.',
    },
    ({ venueId, params: { name = '' }, query, now }) =>
      askCounter(venueId, name, query.currency, now),
  ),

  'POST /v1/venues/{venueId}/realtime/counters/{name}/reset': route(
    {
      access: 'manager',
      summary: 'Set a counter back',
      response: CounterReset,
      description:
        'What is recorded until then no longer counts in this counter; no metric changes by it.',
    },
    ({ venueId, params: { name = '' } }) => resetCounter(venueId, name),
  ),

  'GET /v1/venues/{venueId}/realtime/gauges/{name}': route(
    {
      access: 'viewer',
      summary: 'A value against its most',
      response: Gauge,
      description:
        '`inside`: people inside against the capacity of the day’s shows, those that begin or are scanned in the running business day. `sold`: tickets sold and not cancelled of the shows that are not over, against their capacity. Any other name: the latest value of a metric of the venue’s own against the highest of the same business day.',
    },
    ({ venueId, params: { name = '' }, now }) => askGauge(venueId, name, now),
  ),
}

export const handler = http(routes, once)
