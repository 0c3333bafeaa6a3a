import { explain } from '../../lib/explain/explain.ts'
import { ExplainQuery, Explanation } from '../../lib/explain/schema.ts'
import { cacheStatus } from '../../lib/headers.ts'
import { Answer, http, route } from '../../lib/http.ts'
import { MetricAnswer } from '../../lib/metrics/answer.ts'
import { askMetric } from '../../lib/metrics/ask.ts'
import { Catalogue, definitions } from '../../lib/metrics/catalogue.ts'
import { isHit, nothingKept } from '../../lib/metrics/kept.ts'
import { LatestQuery, MetricQuery } from '../../lib/metrics/question.ts'
import { askTable } from '../../lib/metrics/table.ts'
import { TableAnswer, TableQuery } from '../../lib/metrics/table-schema.ts'
import { askAggregate, askLatest } from '../../lib/own-metrics/ask.ts'
import { Aggregate, AggregateQuery, Latest } from '../../lib/own-metrics/schema.ts'

export const handler = http({
  'GET /v1/metrics': route(
    { access: 'public', summary: 'The catalogue of metrics', response: Catalogue },
    async () => ({ items: definitions, nextCursor: null }),
  ),

  'GET /v1/venues/{venueId}/metrics/{metric}': route(
    {
      access: 'viewer',
      summary: 'One metric over time',
      query: MetricQuery,
      response: MetricAnswer,
      headers: ['Cache-Status'],
      refuses: ['unprocessable'],
      description:
        'Gaps are filled: with 0, or with null for ratios. Without `group_by` there is one series. An answer of more than 10,000 points is refused with 422, never cut.',
    },
    async ({ venueId, params, query }) => {
      const kept = nothingKept()
      const answer = await askMetric(venueId, params.metric ?? '', query, kept)
      return new Answer(200, answer, cacheStatus(isHit(kept)))
    },
  ),

  'GET /v1/venues/{venueId}/metrics/{metric}/latest': route(
    {
      access: 'viewer',
      summary: 'The latest value of one metric',
      query: LatestQuery,
      response: Latest,
      refuses: ['unprocessable'],
      description:
        'Of a metric of the catalogue the number of the running business day; of the venue’s own the value that happened last.',
    },
    ({ venueId, params, query }) => askLatest(venueId, params.metric ?? '', query),
  ),

  'GET /v1/venues/{venueId}/metrics/{metric}/aggregate': route(
    {
      access: 'viewer',
      summary: 'One number over a time',
      query: AggregateQuery,
      response: Aggregate,
      refuses: ['unprocessable'],
      description:
        'Over the recorded values of a metric of the venue’s own, over the buckets of any other.',
    },
    ({ venueId, params, query }) => askAggregate(venueId, params.metric ?? '', query),
  ),

  'GET /v1/venues/{venueId}/metrics/{metric}/explain': route(
    {
      access: 'analyst',
      summary: 'The ledger entries behind one number',
      query: ExplainQuery,
      response: Explanation,
      refuses: ['unprocessable'],
      description:
        'The values of all pages add up to `total`, which is what `GET …/metrics/{metric}` answers for the same time at `asOf`. All pages are of the moment of the first. `checksum` is the SHA-256, in hex, of the text `{entry} {occurredAt} {recordedAt} {value} {currency or -} {eventId}` and a line feed for each item of all pages, in their order. Where orders are counted by their lines, each order is one item of value 1.',
    },
    ({ venueId, params, query }) => explain(venueId, params.metric ?? '', query),
  ),

  'POST /v1/venues/{venueId}/query': route(
    {
      access: 'viewer',
      summary: 'Several measures as a table',
      body: TableQuery,
      response: TableAnswer,
      headers: ['Cache-Status'],
      refuses: ['unprocessable'],
      description:
        'With a `granularity` the first column is `time`. Pages are cut from one answer: all are of the moment of the first.',
    },
    async ({ venueId, body }) => {
      const kept = nothingKept()
      const answer = await askTable(venueId, body, kept)
      return new Answer(200, answer, cacheStatus(isHit(kept)))
    },
  ),
})
